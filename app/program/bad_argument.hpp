/// \file
/// What is wrong with a command line, in words for the person who typed it.
#pragma once

#include <stdexcept>

namespace program {

/// A value or flag that cannot be used. The text names the flag, says what is wrong and what to do;
/// the program shows it and ends with 2.
class bad_argument : public std::invalid_argument {
public:
  using std::invalid_argument::invalid_argument;
};

} // namespace program
