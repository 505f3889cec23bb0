#include "app/program/log_book.hpp"

#include "app/program/bad_argument.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <utility>

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

spdlog::sink_ptr open(const std::string& file) {
  if (file.empty())
    return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
  } catch (const spdlog::spdlog_ex& error) {
    throw bad_argument{"--log: " + std::string{error.what()} +
                       "; give a file that this user may write"};
  }
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
    : logger_{std::make_shared<spdlog::logger>("callsign", open(file))}, is_in_file_{
                                                                             !file.empty()} {
  logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ   %v", spdlog::pattern_time_type::utc));
  logger_->set_level(rank(least));
  logger_->flush_on(spdlog::level::debug);
}

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
