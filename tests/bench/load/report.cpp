#include "load/drive.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <span>
#include <string_view>

namespace bench {
namespace {

/// Writes one JSON object, field by field.
class json_object {
public:
  json_object& add(std::string_view name, std::string_view text) {
    start(name);
    quote(text);
    return *this;
  }

  json_object& add(std::string_view name, std::span<const std::string> texts) {
    start(name).push_back('[');
    for (const std::string& text : texts) {
      if (text_.back() != '[')
        text_.append(", ");
      quote(text);
    }
    text_.push_back(']');
    return *this;
  }

  json_object& add(std::string_view name, std::same_as<bool> auto yes) {
    start(name).append(yes ? "true" : "false");
    return *this;
  }

  json_object&
  add(std::string_view name,
      std::unsigned_integral auto number) requires(!std::same_as<decltype(number), bool>) {
    start(name).append(std::to_string(number));
    return *this;
  }

  json_object& add(std::string_view name, double number) {
    std::array<char, 64> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                       std::chars_format::fixed, 4);
    start(name).append(digits.data(), written.ptr);
    return *this;
  }

  json_object& add(std::string_view name, const json_object& object) {
    start(name).append(object.text());
    return *this;
  }

  [[nodiscard]] std::string text() const { return text_ + "}"; }

private:
  void quote(std::string_view text) {
    text_.push_back('"');
    for (const char letter : text) {
      if (letter == '"' || letter == '\\')
        text_.push_back('\\');
      // Control characters occur in no name or message of ours.
      text_.push_back(static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter);
    }
    text_.push_back('"');
  }

  std::string& start(std::string_view name) {
    text_.append(text_.size() == 1 ? "\"" : ", \"").append(name).append("\": ");
    return text_;
  }

  std::string text_ = "{";
};

double ratio(double of, double to) { return to == 0 ? 0 : of / to; }

json_object to_object(const faults& found, bool is_good) {
  json_object check;
  check.add("ok", is_good)
      .add("lost", found.lost)
      .add("doubled", found.doubled)
      .add("out_of_order", found.out_of_order)
      .add("misdirected", found.misdirected)
      .add("damaged", found.damaged)
      .add("connections_lost", found.connections_lost);
  return check;
}

json_object to_object(const processor_time& used, double deliveries) {
  json_object cpu;
  cpu.add("seconds", used.total)
      .add("user_seconds", used.user)
      .add("kernel_seconds", used.kernel)
      .add("us_per_delivery", ratio(used.total * 1e6, deliveries));
  return cpu;
}

json_object to_object(const histogram& times) {
  json_object object;
  object.add("p50", times.quantile(0.50)).add("p99", times.quantile(0.99)).add("max", times.max());
  return object;
}

/// More of them say no more.
constexpr std::size_t most_broken = 20;

json_object to_object(const std::vector<std::string>& broken) {
  json_object object;
  const std::size_t shown = std::min(broken.size(), most_broken);
  object.add("kept", broken.empty())
      .add("broken_count", broken.size())
      .add("broken", std::span{broken}.first(shown));
  return object;
}

} // namespace

std::string to_json(const load_options& options, const outcome& result) {
  const auto deliveries = static_cast<double>(result.deliveries);
  const auto reads = static_cast<double>(result.reads);
  json_object report;
  report.add("name", std::string_view{options.name})
      .add("mode", std::string_view{to_word(options.mode)})
      .add("url", std::string_view{options.url})
      .add("connections", options.connections)
      .add("publishers", options.publishers)
      .add("window", options.window)
      .add("payload", options.payload)
      .add("all_but_sender", options.heard_by == audience::everybody_else)
      .add("stalled", options.stalled)
      .add("said", result.said)
      .add("notices", result.notices)
      .add("pings", result.pings)
      .add("deliveries", result.deliveries)
      .add("seconds", result.seconds)
      .add("deliveries_per_second", ratio(deliveries, result.seconds))
      .add("frames_per_read", ratio(static_cast<double>(result.frames), reads))
      .add("latency_us", to_object(result.latencies))
      .add("generator_cpu", to_object(result.generator, deliveries));
  if (options.mode == load_mode::broadcast || options.mode == load_mode::rate)
    report.add("fan_out_us", to_object(result.fan_outs));
  if (options.are_promises_watched)
    report.add("promises", to_object(result.broken_promises));
  if (options.server_process != 0)
    report.add("server_cpu", to_object(result.server, deliveries));
  report.add("check", to_object(result.found, result.is_good()));
  if (!result.failure.empty())
    report.add("failure", std::string_view{result.failure});
  return report.text();
}

} // namespace bench
