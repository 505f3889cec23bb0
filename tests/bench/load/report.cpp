#include "load/drive.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <string_view>

namespace bench {
namespace {

/// Writes one JSON object, field by field.
class json_object {
public:
  json_object& add(std::string_view name, std::string_view text) {
    start(name);
    text_.push_back('"');
    for (const char letter : text) {
      if (letter == '"' || letter == '\\')
        text_.push_back('\\');
      // Control characters occur in no name or message of ours.
      text_.push_back(static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter);
    }
    text_.push_back('"');
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

} // namespace

std::string to_json(const load_options& options, const outcome& result) {
  const auto deliveries = static_cast<double>(result.deliveries);
  const auto reads = static_cast<double>(result.reads);
  json_object latency;
  latency.add("p50", result.p50).add("p99", result.p99).add("max", result.max);
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
      .add("latency_us", latency)
      .add("generator_cpu", to_object(result.generator, deliveries));
  if (options.server_process != 0)
    report.add("server_cpu", to_object(result.server, deliveries));
  report.add("check", to_object(result.found, result.is_good()));
  if (!result.failure.empty())
    report.add("failure", std::string_view{result.failure});
  return report.text();
}

} // namespace bench
