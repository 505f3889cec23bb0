/// \file
/// What a script says, once it is read.
#pragma once

#include <callsign/testkit/client.hpp>
#include <callsign/testkit/script.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace callsign::testkit {

/// Something that can be said or heard.
struct script_value {
  enum class kind : std::uint8_t { text, binary, json };
  kind what = kind::text;
  std::string bytes; ///< of `json`: the text between its outermost braces or brackets, and these

  [[nodiscard]] std::string in_words() const;
};

/// One line.
struct script_step {
  enum class kind : std::uint8_t {
    // the program
    pass,
    quiet,
    kill,
    abort,
    report,
    watch,             ///< begins to write down what clients say and hear …
    promises_are_kept, ///< … and checks it
    at_once,           ///< begins what is done before anything runs …
    end,               ///< … and ends it
    // what a client does
    joins,
    says,
    begins,
    pings,
    breaks_the_protocol,
    leaves,
    vanishes,
    falls_silent,
    ignores_goodbyes,
    stops_reading,
    reads_slowly,
    reads_again,
    // what it must hear
    hears,
    hears_in_any_order,
    hears_pong,
    hears_nothing,
    hears_anything, ///< and forgets it
    is_refused,
    finds_nobody,
    is_told_goodbye,
    is_cut_off,
  };
  kind what;
  std::size_t line;
  std::string who; ///< a client, or a worker
  std::vector<script_value> values;
  int code = 0;                      ///< HTTP status or close code
  std::optional<std::string> reason; ///< of a close
  std::chrono::milliseconds time{0};
  std::size_t bytes = 0;
  visitor as; ///< of `joins`
};

struct script::parts {
  std::string file;
  std::string program;
  bool actors = true;
  bool whole_program = true;
  bool wire = true;
  std::vector<script_step> steps;
};

} // namespace callsign::testkit
