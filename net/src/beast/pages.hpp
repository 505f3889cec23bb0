/// \file
/// Memory in whole pages, from the kernel.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace callsign::beast {

/// Zeroed; a page takes memory from when it is first touched.
class pages {
public:
  /// @errors `std::bad_alloc`
  explicit pages(std::size_t size)
      : begin_{::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)},
        size_{size} {
    if (begin_ == MAP_FAILED)
      throw std::bad_alloc{};
  }
  pages(const pages&) = delete;
  pages& operator=(const pages&) = delete;
  ~pages() { ::munmap(begin_, size_); }

  [[nodiscard]] char* begin() const noexcept { return static_cast<char*>(begin_); }

private:
  void* begin_;
  std::size_t size_;
};

} // namespace callsign::beast
