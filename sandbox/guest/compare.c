// When an output is what was wanted: by lines of text, or by LiveCodeBench's rule,
// in which numbers are equal that are written differently. problem/stdio.go
// describes both.
#include "compare.h"
#include "runner.h"
#include "verdict.h"

#include <string.h>

static enum { LINES, DECIMALS } rule;

EXPORT(compare) void compare(int to) { rule = to; }

static bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); }

// strip takes blanks off both ends, as str.strip does for ASCII.
static struct text strip(struct text t) {
  while (t.len && blank(t.data[t.len - 1]))
    t.len--;
  while (t.len && blank(*t.data))
    t.data++, t.len--;
  return t;
}

// next_line cuts a line off the text; false at its end.
static bool next_line(struct text *text, struct text *line) {
  *line = (struct text){text->data, 0};
  if (text->len == 0)
    return false;
  const char *stop = memchr(text->data, '\n', text->len);
  line->len = stop ? (size_t)(stop - text->data) : text->len;
  size_t cut = line->len + (stop != NULL);
  *text = (struct text){text->data + cut, text->len - cut};
  if (rule == DECIMALS)
    *line = strip(*line);
  while (line->len && strchr(" \r\t", line->data[line->len - 1]))
    line->len--;
  return true;
}

static bool next_word(struct text *line, struct text *word) {
  *line = strip(*line);
  *word = (struct text){line->data, 0};
  while (word->len < line->len && !blank(line->data[word->len]))
    word->len++;
  *line = (struct text){line->data + word->len, line->len - word->len};
  return word->len > 0;
}

// next is the character at i as Decimal() reads it: underscores do not count, and
// letters have no case. 0 at the end.
static char next(struct text word, size_t *i) {
  while (*i < word.len && word.data[*i] == '_')
    ++*i;
  char c = *i < word.len ? word.data[*i] : 0;
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

// A finite number: digits [from, to) of the word without zeros at either end,
// points and underscores among them, times 10^exponent.
struct number {
  bool negative, infinite;
  size_t from, to, count;
  int64_t exponent;
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool spelled(struct text word, size_t i, const char *name) {
  for (; *name; name++, i++)
    if (next(word, &i) != *name)
      return false;
  return next(word, &i) == 0;
}

// parse reads a number of Python's decimal module; false for anything else, and
// for NaN, which equals nothing.
static bool parse(struct text word, struct number *n) {
  *n = (struct number){};
  size_t i = 0;
  char c = next(word, &i);
  if (c == '-' || c == '+') {
    n->negative = c == '-';
    i++;
  }
  if (spelled(word, i, "inf") || spelled(word, i, "infinity"))
    return n->infinite = true;
  bool any = false, point = false;
  size_t zeros = 0; // since the last other digit
  for (; is_digit(c = next(word, &i)) || (c == '.' && !point); i++) {
    if (c == '.') {
      point = true;
      continue;
    }
    any = true;
    n->exponent -= point;
    if (c == '0') {
      zeros += n->count > 0;
      continue;
    }
    if (n->count == 0)
      n->from = i;
    n->count += zeros + 1;
    n->to = i + 1;
    zeros = 0;
  }
  n->exponent += zeros;
  if (!any)
    return false;
  if (c == 'e') {
    i++;
    c = next(word, &i);
    bool down = c == '-';
    i += c == '-' || c == '+';
    if (!is_digit(next(word, &i)))
      return false;
    int64_t e = 0;
    for (; is_digit(c = next(word, &i)); i++)
      e = e < INT32_MAX ? e * 10 + (c - '0') : e;
    n->exponent += down ? -e : e;
  }
  return c == 0;
}

static bool same_number(struct text a, struct text b) {
  struct number m, n;
  if (!parse(a, &m) || !parse(b, &n))
    return false;
  if (m.infinite || n.infinite)
    return m.infinite && n.infinite && m.negative == n.negative;
  if (m.count == 0 || n.count == 0)
    return m.count == n.count; // zeros, whatever their sign
  if (m.negative != n.negative || m.exponent != n.exponent || m.count != n.count)
    return false;
  for (size_t i = m.from, j = n.from; i < m.to; i++, j++) {
    char c, d;
    while ((c = next(a, &i)) == '.')
      i++;
    while ((d = next(b, &j)) == '.')
      j++;
    if (c != d)
      return false;
  }
  return true;
}

static bool same_numbers(struct text a, struct text b) {
  struct text v, w;
  for (;;) {
    bool more = next_word(&a, &v);
    if (next_word(&b, &w) != more)
      return false;
    if (!more)
      return true;
    if (!same_number(v, w))
      return false;
  }
}

// shown cuts a line for the detail and gives an empty one a name.
static struct text shown(struct text line) {
  if (line.len == 0)
    return (struct text){"empty", 5};
  return (struct text){line.data, line.len < 100 ? line.len : 100};
}

bool same_output(struct text got, struct text want) {
  if (rule == DECIMALS)
    got = strip(got), want = strip(want);
  for (int number = 1;; number++) {
    struct text a, b;
    bool has = next_line(&got, &a), should = next_line(&want, &b);
    if (!has && !should)
      return true;
    bool same = a.len == b.len && !memcmp(a.data, b.data, a.len);
    if (rule == DECIMALS)
      same = has == should && (same || same_numbers(a, b));
    if (same)
      continue;
    a = shown(a), b = shown(b);
    verdict_note(FAIL, "output line %d is %.*s, want %.*s", number, (int)a.len, a.data, (int)b.len, b.data);
    return false;
  }
}
