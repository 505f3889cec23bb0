/// \file
/// Marks callbacks that run neither in a worker nor in a thread of the program's.
#pragma once

namespace callsign::detail {

class worker_system;

/// While it lives, this thread is in a callback that the end of that set waits for, though no
/// worker runs here: so it must not wait for that end itself.
class callback_mark {
public:
  explicit callback_mark(const worker_system& of) noexcept;
  ~callback_mark();
  callback_mark(const callback_mark&) = delete;
  callback_mark& operator=(const callback_mark&) = delete;

  [[nodiscard]] static bool is_here(const worker_system& of) noexcept;

private:
  const worker_system* before_;
};

} // namespace callsign::detail
