#include "actors/src/directory.hpp"

#include "actors/src/utf8.hpp"

#include <stdexcept>

namespace callsign::detail {

namespace {

const std::shared_ptr<slot> nobody;

} // namespace

directory::~directory() {
  for (shard& part : shards_) {
    if (part.names == nullptr)
      continue;
    for (const auto& place : part.names->places)
      delete place.load(std::memory_order_relaxed);
  }
}

const directory::known* directory::look(const table* in, std::size_t hash, std::string_view name) {
  if (in == nullptr)
    return nullptr;
  const auto mask = in->places.size() - 1;
  for (auto at = hash & mask;; at = (at + 1) & mask) {
    const known* one = in->places[at].load(std::memory_order_acquire);
    if (one == nullptr || (one->hash == hash && one->who->name() == name))
      return one;
  }
}

void directory::put(table& into, const known* what) {
  const auto mask = into.places.size() - 1;
  auto at = what->hash & mask;
  while (into.places[at].load(std::memory_order_relaxed) != nullptr)
    at = (at + 1) & mask;
  into.places[at].store(what, std::memory_order_release);
}

void directory::grow(shard& part) {
  if (part.names != nullptr && part.count * 3 < part.names->places.size() * 2)
    return;
  auto larger = std::make_unique<table>(part.names == nullptr ? 8 : part.names->places.size() * 2);
  if (part.names != nullptr) {
    for (const auto& place : part.names->places) {
      if (const known* one = place.load(std::memory_order_relaxed))
        put(*larger, one);
    }
  }
  larger->outgrown = std::move(part.names);
  part.names = std::move(larger);
  part.by_name.store(part.names.get(), std::memory_order_release);
}

const std::shared_ptr<slot>& directory::entry_of(std::string_view name, runs_on kind) {
  const auto hash = hash_of(name);
  shard& part = of(hash);
  if (const known* found = look(part.by_name.load(std::memory_order_acquire), hash, name))
    return found->who;
  const std::scoped_lock guard{part.lock};
  if (const known* found = look(part.names.get(), hash, name))
    return found->who;
  check_name(name);
  grow(part);
  auto made = std::make_unique<known>(
      known{hash, part.is_shut ? std::make_shared<slot>(slot::shut_tag{}, std::string{name}, kind)
                               : std::make_shared<slot>(std::string{name}, kind)});
  ++part.count;
  put(*part.names, made.get());
  return made.release()->who;
}

const std::shared_ptr<slot>& directory::find(std::string_view name) const {
  const auto hash = hash_of(name);
  const known* found = look(of(hash).by_name.load(std::memory_order_acquire), hash, name);
  return found == nullptr ? nobody : found->who;
}

std::shared_ptr<slot> directory::find(worker_number number) const {
  const shard& part = of_number(number);
  const std::scoped_lock guard{part.lock};
  const auto found = part.by_number.find(number);
  return found == part.by_number.end() ? nullptr : found->second->shared_from_this();
}

void directory::add_number(worker_number number, slot& who) {
  shard& part = of_number(number);
  const std::scoped_lock guard{part.lock};
  part.by_number.emplace(number, &who);
}

void directory::remove_number(worker_number number) {
  shard& part = of_number(number);
  const std::scoped_lock guard{part.lock};
  part.by_number.erase(number);
}

std::vector<std::shared_ptr<slot>> directory::all() const {
  std::vector<std::shared_ptr<slot>> found;
  for (const shard& part : shards_) {
    const std::scoped_lock guard{part.lock};
    add_all(part, found);
  }
  return found;
}

std::vector<std::shared_ptr<slot>> directory::shut() {
  std::vector<std::shared_ptr<slot>> found;
  for (shard& part : shards_) {
    const std::scoped_lock guard{part.lock};
    part.is_shut = true;
    add_all(part, found);
  }
  return found;
}

void directory::add_all(const shard& part, std::vector<std::shared_ptr<slot>>& to) {
  if (part.names == nullptr)
    return;
  for (const auto& place : part.names->places) {
    if (const known* one = place.load(std::memory_order_relaxed))
      to.push_back(one->who);
  }
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

} // namespace callsign::detail
