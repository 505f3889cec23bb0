#include "net/src/door/recorder.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace callsign::door {

namespace {

/// Room for the line that says that there is no more room.
constexpr std::size_t room_for_the_last = 128;

rules::json_line header_of(const record_options& how, std::size_t io_threads,
                           std::size_t max_buffered_bytes, std::uint64_t seed) {
  rules::json_line line;
  line.add("callsign-recording", recording_format)
      .add("program", how.program)
      .add("version", how.version)
      .add("arguments", how.arguments)
      .add("io_threads", io_threads)
      .add("max_buffered_bytes", max_buffered_bytes)
      .add("seed", seed);
  if (!how.hidden_fields.empty())
    line.add("hidden_fields", how.hidden_fields);
  if (!how.hidden_headers.empty())
    line.add("hidden_headers", how.hidden_headers);
  if (how.hides_messages)
    line.add_yes("hides_messages");
  return line;
}

} // namespace

void recorder::refuse(const std::string& file, int why) {
  const std::error_code code{why, std::generic_category()};
  throw failure{{code, "record into " + file,
                 code == std::errc::file_exists
                     ? "remove that file, or name another: a recording is never overwritten"
                     : "name a file in a folder that exists and may be written to"}};
}

recorder::recorder(std::FILE* file, const record_options& how, std::size_t io_threads,
                   std::size_t max_buffered_bytes, std::uint64_t seed,
                   std::shared_ptr<ledger> books, clock now)
    : how_{how}, hides_{how.hidden_fields, how.hidden_headers, how.hides_messages},
      books_{std::move(books)}, file_{file}, now_{std::move(now)}, begin_{now_()} {
  std::setvbuf(file_, nullptr, _IONBF, 0);
  const auto line = header_of(how, io_threads, max_buffered_bytes, seed).finish() + '\n';
  if (std::fwrite(line.data(), 1, line.size(), file_) == line.size()) {
    written_ = line.size();
    return;
  }
  const int why = errno;
  std::fclose(file_);
  std::remove(how_.file.c_str());
  refuse(how_.file, why);
}

recorder::~recorder() {
  ends();
  std::fclose(file_);
}

void recorder::put(const std::string& line) {
  if (std::fwrite(line.data(), 1, line.size(), file_) == line.size()) {
    written_ += line.size();
    return;
  }
  const std::error_code why{errno, std::generic_category()};
  is_on_ = false;
  books_->log(log_level::error, "error: the recording " + how_.file +
                                    " ends here, it cannot be written: " + why.message() +
                                    "; the server goes on without it; make room, then start again");
}

void recorder::write(rules::json_line&& members, std::string_view what) {
  if (!is_on())
    return;
  members.add("is", what);
  const std::scoped_lock guard{lock_};
  if (!is_on_)
    return;
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(now_() - begin_).count();
  const auto line = std::move(members.add("us", static_cast<std::uint64_t>(time))).finish() + '\n';
  if (written_ + line.size() + room_for_the_last <= how_.max_bytes)
    return put(line);
  put(std::move(rules::json_line{}.add("is", "full").add("us", static_cast<std::uint64_t>(time)))
          .finish() +
      '\n');
  if (!is_on_.exchange(false))
    return;
  books_->log(log_level::warning, "warning: the recording " + how_.file +
                                      " is full and ends here; the "
                                      "server goes on without it");
}

void recorder::stops() {
  if (!is_stop_told_.exchange(true))
    write({}, "stops");
}

void recorder::ends() {
  stops();
  write({}, "ends");
  is_on_ = false;
}

} // namespace callsign::door
