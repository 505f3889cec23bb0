/// \file
/// The HTTP request by which a client asks to come in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callsign {

/// The headers of a request, in the order and spelling in which they came. One piece of memory for
/// all of them: each connection keeps its request. @source rule S-10
class header_list {
public:
  /// Name and value; valid as long as the list, and until something is added.
  using value_type = std::pair<std::string_view, std::string_view>;

  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = header_list::value_type;
    using difference_type = std::ptrdiff_t;
    using reference = value_type;
    struct pointer {
      value_type what;
      const value_type* operator->() const noexcept { return &what; }
    };

    iterator() noexcept = default;
    reference operator*() const noexcept { return list_->at(index_); }
    pointer operator->() const noexcept { return {list_->at(index_)}; }
    iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    iterator operator++(int) noexcept {
      const iterator before = *this;
      ++index_;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.index_ == b.index_;
    }

  private:
    friend class header_list;
    iterator(const header_list* list, std::size_t index) noexcept : list_{list}, index_{index} {}
    const header_list* list_ = nullptr;
    std::size_t index_ = 0;
  };

  /// @errors `std::length_error` when all of it comes to 4 GiB
  void add(std::string_view name, std::string_view value);
  /// The first value under that name, in any case.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// All values under that name, in any case; a repeated header has several.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;
  [[nodiscard]] iterator begin() const noexcept { return {this, 0}; }
  [[nodiscard]] iterator end() const noexcept { return {this, size()}; }
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }

private:
  /// Where the name and where the value ends.
  struct limits {
    std::uint32_t name;
    std::uint32_t value;
  };
  [[nodiscard]] value_type at(std::size_t index) const noexcept {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1].value;
    const auto [name, value] = ends_[index];
    const std::string_view all{text_};
    return {all.substr(begin, name - begin), all.substr(name, value - name)};
  }

  std::string text_;
  std::vector<limits> ends_;
};

/// @source 4D `request` object (section 2.4 of the 4D rules)
struct request {
  header_list headers;
  /// Decoded URL parameters; of a repeated one, the last.
  std::map<std::string, std::string, std::less<>> query;
  std::string url;  ///< the target as sent: path and query
  std::string path; ///< the path alone, percent-decoded
  std::string
      remote_address; ///< bare address; an IPv4-mapped IPv6 address as dotted IPv4 (rule S-11)
  std::uint16_t remote_port = 0;
  std::vector<std::string> subprotocols; ///< as offered, in order
};

} // namespace callsign
