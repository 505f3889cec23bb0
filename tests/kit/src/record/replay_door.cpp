#include "tests/kit/src/record/replay_door.hpp"

#include "net/src/rules/frame.hpp"
#include "tests/kit/src/earliest_timer.hpp"

#include <array>

namespace callsign::testkit::record {

// -- line -----------------------------------------------------------------------------------------

std::optional<rules::spoken> line::next_frame() {
  std::array<rules::piece, 64> pieces;
  const auto count = ear_->out().gather(pieces);
  if (count == 0)
    return std::nullopt;
  const auto first = [this](std::string_view bytes) {
    return has_head_ ? rules::first_frame(bytes) : rules::first_head(bytes);
  };
  // A piece holds whole frames nearly always, and may hold very many.
  if (auto found = first({pieces[0].data, pieces[0].size}))
    return found;
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i)
    bytes.append(pieces[i].data, pieces[i].size);
  return first(bytes);
}

std::optional<rules::spoken> line::hears_next() {
  while (ear_ != nullptr) {
    auto found = next_frame();
    if (!found)
      break;
    has_head_ = true;
    ear_->written(found->on_wire);
    const bool is_of_program = found->what != rules::spoken::kind::head &&
                               found->what != rules::spoken::kind::ping &&
                               found->what != rules::spoken::kind::pong;
    if (is_of_program)
      return found;
  }
  return std::nullopt;
}

void line::closes() {
  is_closing_ = true;
  if (ear_->is_settled())
    push_own_close();
}

void line::settle() {
  if (is_closing_)
    push_own_close();
}

void line::push_own_close() {
  if (ear_ == nullptr || ear_->out().is_close_queued())
    return;
  is_close_its_own_ = true;
  ear_->out().push_close(rules::encode_close(0, {}));
}

void line::end(door::end_facts how) {
  if (const auto ear = std::exchange(ear_, nullptr))
    ear->ended(std::move(how));
}

void line::admit(const door::admission_terms& terms) {
  commands.push_back({command::kind::admitted, 0, terms.subprotocol});
  ear_->out().push_control("HTTP/1.1 101 Switching Protocols\r\n\r\n");
}

void line::refuse(int status, std::string_view why) {
  commands.push_back({command::kind::refused, status, std::string{why}});
}

// -- thread ---------------------------------------------------------------------------------------

void thread::turn() {
  is_turn_posted = false;
  if (target_ != nullptr && target_->on_turn())
    is_turn_posted = true;
}

bool thread::has_due_timers() const {
  const auto next = wheel_.next();
  return next && *next <= clock_.now();
}

// -- backend --------------------------------------------------------------------------------------

class backend::service final : public door::web_service {
public:
  service(backend& all, std::uint16_t port) : all_{all}, port_{port} {}
  [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
  [[nodiscard]] std::vector<std::string> urls() const override {
    return {"http://127.0.0.1:" + std::to_string(port_) + "/"};
  }
  void stop_listening() override {}
  void when_drained(std::function<void()> done) override { all_.at(0).post(std::move(done)); }

private:
  backend& all_;
  const std::uint16_t port_;
};

backend::backend(scheduler& steps, virtual_clock& clock, std::size_t threads) : steps_{steps} {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.push_back(std::make_unique<thread>(i, clock));
    faces_.push_back(threads_.back().get());
  }
  steps_.add_source(*this);
}

backend::~backend() { steps_.remove_source(*this); }

std::shared_ptr<door::web_service> backend::listen(const web_server_options& how,
                                                   std::shared_ptr<door::front_desk> desk,
                                                   std::vector<error>&) {
  desks_.push_back(std::move(desk));
  const auto port = how.port != 0 ? how.port : static_cast<std::uint16_t>(49'999 + desks_.size());
  return std::make_shared<service>(*this, port);
}

line* backend::ask(std::uint32_t number, std::size_t web, std::size_t io_thread, request asked) {
  using kind = door::upgrade_answer::kind;
  if (web >= desks_.size())
    return nullptr;
  auto made = std::make_shared<line>(number);
  lines_[number] = made;
  auto answer = desks_[web]->upgrade_asked(*made, std::move(asked), at(io_thread));
  if (answer.what == kind::waiting)
    made->set_ear(std::move(answer.hears));
  else
    made->commands.push_back(
        {line::command::kind::answered, answer.what == kind::refused ? answer.status : 404, {}});
  return made.get();
}

line* backend::find(std::uint32_t number) const {
  const auto found = lines_.find(number);
  return found == lines_.end() ? nullptr : found->second.get();
}

void backend::lets_go() {
  is_let_go_ = true;
  for (const auto& [number, one] : std::exchange(lines_, {}))
    one->end({door::end_cause::line_lost, 0, {}});
}

bool backend::stop(door::time_point) {
  for (const auto& [number, one] : std::exchange(lines_, {}))
    one->end({door::end_cause::dropped, 0, {}});
  for (const auto& one : threads_) {
    while (!one->posted.empty()) {
      const auto what = std::move(one->posted.front());
      one->posted.pop_front();
      what();
    }
  }
  return true;
}

std::vector<std::pair<backend::step, thread*>> backend::all_ready() const {
  std::vector<std::pair<step, thread*>> all;
  for (const auto& one : threads_) {
    if (!one->posted.empty())
      all.emplace_back(step::posted, one.get());
    if (one->has_due_timers())
      all.emplace_back(step::timers, one.get());
    if (is_let_go_ && one->is_turn_posted)
      all.emplace_back(step::turn, one.get());
  }
  return all;
}

std::size_t backend::ready() const { return all_ready().size(); }

void backend::run(std::size_t which) {
  const auto [what, where] = all_ready()[which];
  switch (what) {
  case step::posted: {
    const auto posted = std::move(where->posted.front());
    where->posted.pop_front();
    return posted();
  }
  case step::timers: where->timers().advance(where->now()); return;
  case step::turn: return where->turn();
  }
}

std::string backend::describe(std::size_t which) const {
  const auto [what, where] = all_ready()[which];
  return (what == step::posted   ? "a posted step of I/O thread "
          : what == step::timers ? "the timers of I/O thread "
                                 : "the turn of I/O thread ") +
         std::to_string(where->index());
}

std::optional<std::chrono::steady_clock::time_point> backend::next_due() const {
  return earliest_timer(threads_);
}

} // namespace callsign::testkit::record
