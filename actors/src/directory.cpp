#include "actors/src/directory.hpp"

#include <stdexcept>

namespace callsign::detail {

std::shared_ptr<slot> directory::entry_of(std::string_view name, runs_on kind) {
  shard& part = of(name);
  const std::scoped_lock guard{part.lock};
  if (const auto found = part.by_name.find(name); found != part.by_name.end())
    return found->second;
  check_name(name);
  auto made = part.is_shut ? std::make_shared<slot>(slot::shut_tag{}, std::string{name}, kind)
                           : std::make_shared<slot>(std::string{name}, kind);
  part.by_name.emplace(std::string{name}, made);
  return made;
}

std::shared_ptr<slot> directory::find(std::string_view name) const {
  const shard& part = of(name);
  const std::scoped_lock guard{part.lock};
  const auto found = part.by_name.find(name);
  return found == part.by_name.end() ? nullptr : found->second;
}

std::shared_ptr<slot> directory::find(worker_number number) const {
  const shard& part = of(number);
  const std::scoped_lock guard{part.lock};
  const auto found = part.by_number.find(number);
  return found == part.by_number.end() ? nullptr : found->second;
}

void directory::add_number(worker_number number, std::shared_ptr<slot> who) {
  shard& part = of(number);
  const std::scoped_lock guard{part.lock};
  part.by_number.emplace(number, std::move(who));
}

void directory::remove_number(worker_number number) {
  shard& part = of(number);
  const std::scoped_lock guard{part.lock};
  part.by_number.erase(number);
}

std::vector<std::shared_ptr<slot>> directory::all() const {
  std::vector<std::shared_ptr<slot>> found;
  for (const shard& part : shards_) {
    const std::scoped_lock guard{part.lock};
    for (const auto& [name, who] : part.by_name)
      found.push_back(who);
  }
  return found;
}

std::vector<std::shared_ptr<slot>> directory::shut() {
  std::vector<std::shared_ptr<slot>> found;
  for (shard& part : shards_) {
    const std::scoped_lock guard{part.lock};
    part.is_shut = true;
    for (const auto& [name, who] : part.by_name)
      found.push_back(who);
  }
  return found;
}

void directory::check_name(std::string_view name) {
  if (name.empty())
    throw std::invalid_argument("a worker's name must not be empty; number 1 is the main worker");
  if (name.size() > 255)
    throw std::invalid_argument("a worker's name has at most 255 bytes");
  if (!is_utf8(name))
    throw std::invalid_argument("a worker's name must be UTF-8");
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    const bool is_c1 =
        c == 0xC2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xA0;
    if (c < 0x20 || c == 0x7F || is_c1)
      throw std::invalid_argument("a worker's name must not hold control characters");
  }
}

bool is_utf8(std::string_view bytes) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = p + bytes.size();
  const auto tail = [&](int count, unsigned char low, unsigned char high) {
    if (end - p <= count || p[1] < low || p[1] > high)
      return false;
    for (int i = 2; i <= count; ++i) {
      if ((p[i] & 0xC0) != 0x80)
        return false;
    }
    p += count + 1;
    return true;
  };
  while (p != end) {
    const unsigned char lead = *p;
    if (lead < 0x80) {
      ++p;
      continue;
    }
    bool good = false;
    if (lead >= 0xC2 && lead <= 0xDF)
      good = tail(1, 0x80, 0xBF);
    else if (lead == 0xE0)
      good = tail(2, 0xA0, 0xBF);
    else if (lead == 0xED)
      good = tail(2, 0x80, 0x9F);
    else if (lead >= 0xE1 && lead <= 0xEF)
      good = tail(2, 0x80, 0xBF);
    else if (lead == 0xF0)
      good = tail(3, 0x90, 0xBF);
    else if (lead >= 0xF1 && lead <= 0xF3)
      good = tail(3, 0x80, 0xBF);
    else if (lead == 0xF4)
      good = tail(3, 0x80, 0x8F);
    if (!good)
      return false;
  }
  return true;
}

} // namespace callsign::detail
