#include "tests/kit/src/script/language.hpp"
#include "tests/kit/src/script/words.hpp"

#include <algorithm>
#include <set>

namespace callsign::testkit {

namespace {

using kind = script_step::kind;

class parser : words_of_script {
public:
  explicit parser(std::string file) : words_of_script{file} { all_->file = std::move(file); }

  void read_line(std::string_view line) {
    begin_line(line, variables_);
    if (!is_over())
      statement();
  }

  std::shared_ptr<const script::parts> finish() {
    if (open_block_ != 0) {
      number_ = open_block_;
      complain_at(1, "'at once' has no 'end'");
    }
    return all_;
  }

private:
  // -- lines --------------------------------------------------------------------------------------

  void statement() {
    if (take("program")) {
      all_->program = word("the name of a program");
    } else if (take("only")) {
      only();
    } else if (take("let")) {
      let();
    } else if (take("pass")) {
      add(kind::pass).time = time();
    } else if (take("quiet")) {
      add(kind::quiet);
    } else if (take("kill")) {
      add(kind::kill).who = name("the name of a worker");
    } else if (take("abort")) {
      add(kind::abort).who = name("the name of a worker");
    } else if (take("report")) {
      add(kind::report).values.push_back({script_value::kind::text, text("what is reported")});
    } else if (take("watch")) {
      must("promises");
      auto& step = add(kind::watch);
      if (take("greeting"))
        step.values.push_back({script_value::kind::text, text("the greeting")});
    } else if (take("promises")) {
      must("are");
      must("kept");
      add(kind::promises_are_kept);
    } else if (take("at")) {
      must("once");
      if (open_block_ != 0)
        complain("'at once' does not stand within another");
      open_block_ = number_;
      add(kind::at_once);
    } else if (take("end")) {
      if (open_block_ == 0)
        complain("there is no 'at once' that could end here");
      open_block_ = 0;
      add(kind::end);
    } else {
      sentence();
    }
    if (!is_over())
      complain("nothing more comes here");
  }

  void only() {
    must("at");
    all_->actors = all_->whole_program = all_->wire = false;
    do {
      const auto column = is_over() ? end_column() : tokens_[next_].column;
      auto where = word("actors, program or wire");
      if (where.ends_with(','))
        where.pop_back();
      if (where == "actors")
        all_->actors = true;
      else if (where == "program")
        all_->whole_program = true;
      else if (where == "wire")
        all_->wire = true;
      else
        complain_at(column, "there are three altitudes: actors, program, wire");
    } while (!is_over());
  }

  void let() {
    const auto its_name = word("the name of a variable");
    if (!std::ranges::all_of(its_name, [](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
        }))
      complain_at(tokens_[next_ - 1].column, "a variable is named with letters, digits and _");
    if (!is(script_token::kind::equals))
      complain("here comes =");
    ++next_;
    variables_[its_name] = value();
  }

  script_step& add(kind what) {
    all_->steps.push_back({.what = what, .line = number_});
    all_->steps.back().who = who_;
    return all_->steps.back();
  }

  /// "ana …".
  void sentence() {
    const auto column = tokens_[next_].column;
    who_ = word("somebody who does something");
    if (take("joins")) {
      joins();
      joined_.insert(who_);
      return who_.clear();
    }
    const bool is_known = joined_.contains(who_);
    if (is(script_token::kind::arrow_right)) {
      check_joined(column, is_known);
      ++next_;
      add(kind::says).values = values();
    } else if (is(script_token::kind::arrow_left)) {
      check_joined(column, is_known);
      ++next_;
      check_outside();
      if (take("any")) {
        must("order");
        const auto first = is_over() ? end_column() : tokens_[next_].column;
        add(kind::hears_in_any_order).values = values();
        if (std::ranges::any_of(all_->steps.back().values, [](const auto& one) {
              return one.what != script_value::kind::text;
            }))
          complain_at(first, "in any order, only texts can be heard");
      } else {
        add(kind::hears).values = values();
      }
    } else if (!verb()) {
      if (is_over() || !is_known)
        complain_at(column, "nobody knows what '" + who_ +
                                "' is; a line begins with program, only, let, pass, quiet, kill, "
                                "abort, report, watch, promises, at once, end, or somebody");
      complain("nobody can do this; ana can: joins, ->, <-, hears nothing, hears anything, "
               "hears a pong, is refused, is told "
               "goodbye, is cut off, finds nobody, leaves, vanishes, falls silent, stops reading, "
               "reads slowly, reads again, begins, pings, ignores goodbyes, breaks the protocol");
    } else {
      check_joined(column, is_known);
    }
    who_.clear();
  }

  void check_joined(std::size_t column, bool is_known) const {
    if (!is_known)
      complain_at(column, who_ + " has not joined");
  }
  void check_outside() const {
    if (open_block_ != 0)
      complain("within 'at once' nobody hears anything yet");
  }

  std::vector<script_value> values() {
    std::vector<script_value> all{value()};
    while (!is_over())
      all.push_back(value());
    return all;
  }

  bool verb() {
    if (take("leaves")) {
      auto& step = add(kind::leaves);
      step.code = is_number() ? code_between(1000, 4999, "a close code") : 1000;
      if (!is_over())
        step.reason = text("a reason in quotes");
    } else if (take("vanishes")) {
      add(kind::vanishes);
    } else if (take("falls")) {
      must("silent");
      add(kind::falls_silent);
    } else if (take("ignores")) {
      must("goodbyes");
      add(kind::ignores_goodbyes);
    } else if (take("stops")) {
      must("reading");
      add(kind::stops_reading);
    } else if (take("reads")) {
      reads();
    } else if (take("begins")) {
      add(kind::begins).values.push_back({script_value::kind::text, text("a text in quotes")});
    } else if (take("pings")) {
      add(kind::pings);
    } else if (take("breaks")) {
      must("the");
      must("protocol");
      add(kind::breaks_the_protocol);
    } else if (take("hears")) {
      check_outside();
      if (take("a")) {
        must("pong");
        add(kind::hears_pong);
      } else if (take("anything")) {
        add(kind::hears_anything);
      } else {
        must("nothing");
        add(kind::hears_nothing);
      }
    } else if (take("finds")) {
      must("nobody");
      check_outside();
      add(kind::finds_nobody);
    } else if (take("is")) {
      check_outside();
      is_something();
    } else {
      return false;
    }
    return true;
  }

  void reads() {
    if (take("again")) {
      add(kind::reads_again);
      return;
    }
    must("slowly");
    auto& step = add(kind::reads_slowly);
    step.bytes = number("a number of bytes");
    step.time = std::chrono::seconds{1};
    if (take("each"))
      step.time = time();
    if (step.bytes == 0 || step.time.count() == 0)
      complain("who reads slowly takes some bytes in some time");
  }

  void is_something() {
    if (take("refused")) {
      add(kind::is_refused).code = code_between(300, 599, "an HTTP status");
    } else if (take("told")) {
      must("goodbye");
      auto& step = add(kind::is_told_goodbye);
      step.code = code_between(1000, 4999, "a close code");
      if (!is_over())
        step.reason = text("a reason in quotes");
    } else if (take("cut")) {
      must("off");
      add(kind::is_cut_off);
    } else {
      complain("here comes refused, told goodbye, or cut off");
    }
  }

  void joins() {
    auto& step = add(kind::joins);
    step.as.name = who_;
    if (is(script_token::kind::word) && tokens_[next_].word.front() == '/')
      step.as.url = word("a path");
    while (!is_over()) {
      if (take("from")) {
        step.as.remote_address = name("an address");
        step.code = 1; // it wants an address of its own
      } else if (take("with")) {
        const auto column = is_over() ? end_column() : tokens_[next_].column;
        const auto header = text("a header in quotes, as \"Origin: http://here\"");
        const auto colon = header.find(": ");
        if (colon == std::string::npos)
          complain_at(column, "a header looks like \"Origin: http://here\"");
        step.as.headers.emplace_back(header.substr(0, colon), header.substr(colon + 2));
      } else if (take("speaking")) {
        step.as.subprotocols.push_back(name("a subprotocol"));
      } else {
        complain("here comes a path, from, with, or speaking");
      }
    }
  }

  std::shared_ptr<script::parts> all_ = std::make_shared<script::parts>();
  std::string who_;
  script_variables variables_;
  std::set<std::string> joined_;
  std::size_t open_block_ = 0;
};

} // namespace

script script::parse(std::string_view text, std::string file) {
  parser all{std::move(file)};
  while (!text.empty()) {
    const auto end = text.find('\n');
    all.read_line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return script{all.finish()};
}

} // namespace callsign::testkit
