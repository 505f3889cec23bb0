#include <callsign/testkit/script.hpp>

#include "tests/kit/src/memory/transcript.hpp"
#include "tests/kit/src/script/language.hpp"
#include "tests/kit/src/script/player.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace callsign::testkit {

namespace {

std::string place_of(const std::string& file, std::size_t line, std::size_t column) {
  return line == 0 ? file + ": "
                   : file + ':' + std::to_string(line) + ':' + std::to_string(column) + ": ";
}

} // namespace

std::string_view to_string(altitude which) noexcept {
  switch (which) {
  case altitude::actors: return "actors";
  case altitude::program: return "program";
  case altitude::wire: return "wire";
  }
  return "unknown";
}

script_error::script_error(std::string file, std::size_t line, std::size_t column,
                           const std::string& text)
    : std::runtime_error{place_of(file, line, column) + text}, file_{std::move(file)}, line_{line},
      column_{column} {}

std::string script_failure::in_words() const {
  return file + ':' + std::to_string(line) + ": " + text;
}

std::string script_value::in_words() const {
  switch (what) {
  case kind::text: return memory::in_quotes(bytes);
  case kind::binary: return memory::in_hex(bytes);
  case kind::json: return "JSON with " + bytes;
  }
  return "nothing";
}

script script::load(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw script_error{file, 0, 0, "there is no such script, or nothing in it"};
  return parse(text.str(), file);
}

const std::string& script::program() const noexcept { return parts_->program; }
const std::string& script::file() const noexcept { return parts_->file; }

bool script::is_for(altitude which) const noexcept {
  return which == altitude::actors    ? parts_->actors
         : which == altitude::program ? parts_->whole_program
                                      : parts_->wire;
}

std::optional<script_failure> script::play(const application& with, const play_options& how) const {
  const auto play_once =
      [this](const std::unique_ptr<player>& stage) -> std::optional<script_failure> {
    for (const auto& step : parts_->steps) {
      if (const auto wrong = stage->play(step); !wrong.empty())
        return script_failure{parts_->file, step.line, wrong};
    }
    const auto last = parts_->steps.empty() ? 1 : parts_->steps.back().line;
    if (const auto wrong = stage->finish(); !wrong.empty())
      return script_failure{parts_->file, last, "behind the last line: " + wrong};
    return std::nullopt;
  };
  switch (how.at) {
  case altitude::actors: return play_once(make_actors_player(with, how));
  case altitude::wire: return play_once(make_wire_player(with, how));
  case altitude::program: break;
  }
  for (std::uint64_t seed = 0; seed <= how.seeds; ++seed) {
    if (auto wrong = play_once(make_program_player(with, how, seed)))
      return wrong;
  }
  return std::nullopt;
}

void plays(const std::string& file, const application& with, std::source_location where) {
  try {
    const auto what = script::load(file);
    for (const auto at : {altitude::actors, altitude::program}) {
      if (!what.is_for(at))
        continue;
      if (const auto wrong = what.play(with, {.at = at}))
        ADD_FAILURE_AT(wrong->file.c_str(), static_cast<int>(wrong->line))
            << "at the altitude of the " << to_string(at) << ": " << wrong->text;
    }
  } catch (const script_error& wrong) {
    if (wrong.line() == 0)
      ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << wrong.what();
    else
      ADD_FAILURE_AT(wrong.file().c_str(), static_cast<int>(wrong.line())) << wrong.what();
  }
}

} // namespace callsign::testkit
