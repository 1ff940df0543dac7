/* Borrowed bytes and their encodings; see bytes.h. */
#include "base/bytes.h"

#include <string.h>

struct slice slice_of(const char *text)
{
    return (struct slice){(const uint8_t *)text, strlen(text)};
}

struct slice slice_make(const void *data, size_t size)
{
    return (struct slice){data, size};
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_of(text));
}

bool slice_starts_with(struct slice a, const char *prefix)
{
    const size_t size = strlen(prefix);
    return a.size >= size && (size == 0 || memcmp(a.data, prefix, size) == 0);
}

bool slice_cut_ending(struct slice *a, const char *ending)
{
    const size_t size = strlen(ending);
    if (a->size < size || (size > 0 && memcmp(a->data + a->size - size, ending, size) != 0))
        return false;
    a->size -= size;
    return true;
}

RESULT slice_copy_text(struct slice from, char *to, size_t capacity)
{
    ENSURE(from.size < capacity, TEXT_TOO_LONG);
    ENSURE(from.size == 0 || memchr(from.data, 0, from.size) == NULL, DOCUMENT_VALUE);
    if (from.size > 0)
        memcpy(to, from.data, from.size);
    to[from.size] = 0;
    return RESULT_OK;
}

bool ascii_is_space(char character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

bool ascii_is_alphanumeric(char character)
{
    const char small = ascii_lower(character);
    return (small >= 'a' && small <= 'z') || (character >= '0' && character <= '9');
}

bool ascii_is_hex(char character)
{
    const char small = ascii_lower(character);
    return (small >= 'a' && small <= 'f') || (character >= '0' && character <= '9');
}

char ascii_lower(char character)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz";
    if (character < 'A' || character > 'Z')
        return character;
    return small[character - 'A'];
}

bool ascii_same(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (ascii_lower(a[i]) != ascii_lower(b[i]) || a[i] == '\0')
            return false;
    return true;
}

/* libsodium's takes 4 us for a kilobyte, so as not to betray a secret by its timing; what is written here is public,
 * and each answer of a host has more than a kilobyte of it. */
void base64_write(const void *data, size_t size, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *in = data;
    for (; size >= 3; size -= 3, in += 3) {
        const uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *text++ = digits[bits >> 18];
        *text++ = digits[bits >> 12 & 63];
        *text++ = digits[bits >> 6 & 63];
        *text++ = digits[bits & 63];
    }
    if (size > 0) {
        const uint32_t bits = (uint32_t)in[0] << 16 | (size == 2 ? (uint32_t)in[1] << 8 : 0);
        *text++ = digits[bits >> 18];
        *text++ = digits[bits >> 12 & 63];
        *text++ = (char)(size == 2 ? digits[bits >> 6 & 63] : '=');
        *text++ = '=';
    }
    *text = 0;
}

/* The value of a character, or -1. */
static int base64_digit(uint8_t c)
{
    static const uint8_t one_more[256] = {
        ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
        ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
        ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
        ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
        ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
        ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
        ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
        ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
    };
    return one_more[c] - 1;
}

RESULT base64_check(struct slice text, size_t *ret_size)
{
    ENSURE(text.size % 4 == 0, BASE64);
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    int digit = 0;
    for (size_t i = 0; i < text.size - padding; i++) {
        digit = base64_digit(text.data[i]);
        ENSURE(digit >= 0, BASE64);
    }
    const int spare_bits = (1 << (2 * padding)) - 1;
    ENSURE((digit & spare_bits) == 0, BASE64);
    *ret_size = text.size / 4 * 3 - padding;
    return RESULT_OK;
}

/* Writes the `size` bytes of a text that was checked. */
static void decode(struct slice text, uint8_t *out, size_t size)
{
    uint32_t bits = 0;
    for (size_t i = 0, written = 0; written < size; i++) {
        bits = bits << 6 | (uint32_t)base64_digit(text.data[i]);
        if (i % 4 != 0)
            out[written++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
}

RESULT base64_read(struct slice text, void *ret_data, size_t capacity, size_t *ret_size)
{
    size_t size = 0;
    TRY(base64_check(text, &size));
    ENSURE(size <= capacity, TEXT_TOO_LONG);
    decode(text, ret_data, size);
    *ret_size = size;
    return RESULT_OK;
}

RESULT base64_read_exactly(struct slice text, void *ret_data, size_t size)
{
    size_t got = 0;
    TRY(base64_check(text, &got));
    ENSURE(got == size, BASE64);
    decode(text, ret_data, size);
    return RESULT_OK;
}

void hex_write(const void *data, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = 0;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

RESULT hex_read_exactly(struct slice text, void *ret_data, size_t size)
{
    ENSURE(text.size == 2 * size, DOCUMENT_VALUE);
    for (size_t i = 0; i < text.size; i++)
        ENSURE(hex_digit(text.data[i]) >= 0, DOCUMENT_VALUE);
    uint8_t *bytes = ret_data;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)((unsigned)hex_digit(text.data[2 * i]) << 4 | (unsigned)hex_digit(text.data[2 * i + 1]));
    return RESULT_OK;
}

RESULT decimal_read(struct slice text, uint64_t max, uint64_t *ret_value)
{
    ENSURE(text.size >= 1, DOCUMENT_VALUE);
    ENSURE(text.size == 1 || text.data[0] != '0', DOCUMENT_VALUE);
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        ENSURE(text.data[i] >= '0' && text.data[i] <= '9', DOCUMENT_VALUE);
        const uint64_t digit = text.data[i] - (uint64_t)'0';
        ENSURE(value <= (UINT64_MAX - digit) / 10, DOCUMENT_VALUE);
        value = value * 10 + digit;
    }
    ENSURE(value <= max, DOCUMENT_VALUE);
    *ret_value = value;
    return RESULT_OK;
}

/* Length of the UTF-8 sequence that begins with this byte and bounds of its second byte (RFC 3629 section 4). */
static size_t utf8_sequence(uint8_t first, uint8_t *ret_low, uint8_t *ret_high)
{
    *ret_low = 0x80;
    *ret_high = 0xbf;
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef) {
        if (first == 0xe0)
            *ret_low = 0xa0;
        if (first == 0xed)
            *ret_high = 0x9f;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if (first == 0xf0)
            *ret_low = 0x90;
        if (first == 0xf4)
            *ret_high = 0x8f;
        return 4;
    }
    return 0;
}

size_t utf8_length(struct slice text)
{
    uint8_t low;
    uint8_t high;
    const size_t length = text.size == 0 ? 0 : utf8_sequence(text.data[0], &low, &high);
    if (length > text.size)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (text.data[i] < low || text.data[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

/* Eight bytes at a time: a bit is left where one of them is below 0x20 or has its own highest bit. */
size_t ascii_length(struct slice text)
{
    static const uint64_t ONES = 0x0101010101010101;
    size_t i = 0;
    for (uint64_t bytes; i + sizeof bytes <= text.size; i += sizeof bytes) {
        memcpy(&bytes, text.data + i, sizeof bytes);
        if ((((bytes - 0x20 * ONES) | bytes) & 0x80 * ONES) != 0)
            break;
    }
    while (i < text.size && text.data[i] >= 0x20 && text.data[i] < 0x80)
        i++;
    return i;
}

bool utf8_valid(struct slice text)
{
    for (size_t i = ascii_length(text); i < text.size; i += ascii_length(slice_make(text.data + i, text.size - i))) {
        const size_t length = utf8_length(slice_make(text.data + i, text.size - i));
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

uint32_t utf8_code_point(struct slice character)
{
    static const uint8_t firsts[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t number = character.data[0] & firsts[character.size];
    for (size_t i = 1; i < character.size; i++)
        number = number << 6 | (character.data[i] & 0x3f);
    return number;
}

bool utf8_is_control(struct slice character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0x7f, 0x9f},       {0x61c, 0x61c},     /* controls, direction */
        {0x180e, 0x180e},                       /* nothing */
        {0x200b, 0x200f},   {0x2028, 0x202e},   /* zero width, direction, ends of lines */
        {0x2060, 0x206f},   {0xfeff, 0xfeff},   /* zero width, direction, byte order */
        {0xfff9, 0xfffb},   {0x1bca0, 0x1bca3}, /* annotations, shorthand */
        {0x1d173, 0x1d17a}, {0xe0000, 0xe007f}, /* music, tags */
    };
    const uint32_t number = utf8_code_point(character);
    if (number < 0x7f) /* nearly all */
        return number < 0x20;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (number >= ranges[i].first && number <= ranges[i].last)
            return true;
    return false;
}
