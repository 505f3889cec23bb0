#include "app/program/log_book.hpp"

#include "app/program/bad_argument.hpp"

#include "app/program/log_writer.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace program {

namespace {

spdlog::level::level_enum rank(callsign::log_level level) {
  switch (level) {
  case callsign::log_level::debug: return spdlog::level::debug;
  case callsign::log_level::info: return spdlog::level::info;
  case callsign::log_level::warning: return spdlog::level::warn;
  case callsign::log_level::error: break;
  }
  return spdlog::level::err;
}

std::unique_ptr<spdlog::formatter> house_format() {
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ   %v",
                                                     spdlog::pattern_time_type::utc);
}

/// Hands lines to the writer.
class to_writer final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit to_writer(std::shared_ptr<log_writer> writer) : writer_{std::move(writer)} {
    formatter_ = house_format();
  }

private:
  void sink_it_(const spdlog::details::log_msg& what) override {
    spdlog::memory_buf_t line;
    formatter_->format(what, line);
    writer_->write({line.data(), line.size()});
  }
  void flush_() override {}

  std::shared_ptr<log_writer> writer_;
};

std::shared_ptr<log_writer> open(const std::string& file) {
  log_writer::options how;
  if (file.empty()) {
    how = log_writer::standard_error();
  } else {
    // A pipe that nobody reads yet is said at once instead of waited for.
    constexpr int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    how.descriptor = ::open(file.c_str(), flags, 0666);
    how.is_owned = true;
    if (how.descriptor < 0) {
      throw bad_argument{"--log: \"" + file + "\" cannot be written (" +
                         std::generic_category().message(errno) +
                         "); give a file that this user may write"};
    }
  }
  return std::make_shared<log_writer>(
      how, [format = std::shared_ptr{house_format()}](std::uint64_t lost) {
        const std::string words =
            "warning: lines missing here, because the log was not read in time: " +
            std::to_string(lost);
        spdlog::memory_buf_t line;
        format->format({"callsign", spdlog::level::warn, words}, line);
        return std::string{line.data(), line.size()};
      });
}

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

std::string with_controls_shown(std::string_view line) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown;
  shown.reserve(line.size() + 16);
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_control(byte))
      shown.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    else
      shown += c;
  }
  return shown;
}

} // namespace

log_book::log_book(callsign::log_level least, const std::string& file)
    : writer_{open(file)}, logger_{std::make_shared<spdlog::logger>(
                               "callsign", std::make_shared<to_writer>(writer_))},
      is_in_file_{!file.empty()} {
  logger_->set_level(rank(least));
}

bool log_book::is_written_within(std::chrono::milliseconds limit) const {
  return writer_->is_done_within(limit);
}

std::uint64_t log_book::lost() const { return writer_->lost(); }

void log_book::debug(std::string_view line) const { write(callsign::log_level::debug, line); }
void log_book::info(std::string_view line) const { write(callsign::log_level::info, line); }
void log_book::warning(std::string_view line) const { write(callsign::log_level::warning, line); }
void log_book::error(std::string_view line) const { write(callsign::log_level::error, line); }

void log_book::write(callsign::log_level level, std::string_view line) const {
  if (!logger_->should_log(rank(level)))
    return;
  if (std::ranges::any_of(line, [](char c) { return is_control(static_cast<unsigned char>(c)); }))
    logger_->log(rank(level), with_controls_shown(line));
  else
    logger_->log(rank(level), spdlog::string_view_t{line.data(), line.size()});
}

callsign::log_sink log_book::sink() const {
  return [log = *this](callsign::log_level level, std::string_view line) {
    switch (level) {
    case callsign::log_level::debug: return log.debug(line);
    case callsign::log_level::info: return log.info(line);
    case callsign::log_level::warning: return log.warning("warning: " + std::string{line});
    case callsign::log_level::error: return log.error("error: " + std::string{line});
    }
  };
}

} // namespace program
