/*
 * Product keys; see product_key.h.
 *
 * Symbol i of the key is the coefficient of x^(24 - i) of a polynomial over GF(32) that the generator
 * (x - 1)(x - a)(x - a^2)(x - a^3) divides. Evaluating what was typed at the four roots gives the syndromes: all zero
 * for a whole key, and otherwise enough to find up to two wrong symbols (Peterson's algorithm).
 */
#include "core/documents/product_key.h"

#include "base/hash.h"

#include <assert.h>
#include <string.h>

enum {
    CHECK_SYMBOLS = 4,
    DATA_SYMBOLS = PRODUCT_KEY_SYMBOLS - CHECK_SYMBOLS,
    TAG_SYMBOLS = 8,
    SERIAL_SYMBOLS = 12,
    GROUP = 5,      /* symbols in a group */
    TYPED_MAX = 256 /* bytes that may be typed for one key */
};

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* GF(32) modulo x^5 + x^2 + 1; addition is exclusive or. Without branches: which bits are set cannot be foretold. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0;
    for (unsigned bit = 0; bit < 5; bit++)
        product ^= ((unsigned)a << bit) * (b >> bit & 1);
    for (unsigned bit = 8; bit >= 5; bit--)
        product ^= (0x25u << (bit - 5)) * (product >> bit & 1);
    return (uint8_t)product;
}

/* a^exponent, a being the root x. */
static uint8_t power(unsigned exponent)
{
    uint8_t value = 1;
    for (unsigned i = 0; i < exponent % 31; i++)
        value = multiply(value, 2);
    return value;
}

/* 1 / a = a^30: the multiplicative group has 31 elements. */
static uint8_t inverse(uint8_t a)
{
    assert(a != 0);
    uint8_t value = 1;
    for (unsigned i = 0; i < 30; i++)
        value = multiply(value, a);
    return value;
}

/* The value of the polynomial at the four roots of the generator. */
static void syndromes_of(const uint8_t symbols[static PRODUCT_KEY_SYMBOLS], uint8_t syndromes[static CHECK_SYMBOLS])
{
    for (unsigned root = 0; root < CHECK_SYMBOLS; root++) {
        const uint8_t at = power(root);
        syndromes[root] = 0;
        for (size_t i = 0; i < PRODUCT_KEY_SYMBOLS; i++)
            syndromes[root] = multiply(syndromes[root], at) ^ symbols[i];
    }
}

/* The remainder of the data, moved up by four places, on division by the generator. */
static void add_checksum(uint8_t symbols[static PRODUCT_KEY_SYMBOLS])
{
    uint8_t generator[CHECK_SYMBOLS + 1] = {1}; /* highest power first */
    for (unsigned root = 0; root < CHECK_SYMBOLS; root++)
        for (unsigned i = root + 1; i > 0; i--)
            generator[i] ^= multiply(generator[i - 1], power(root));
    uint8_t remainder[PRODUCT_KEY_SYMBOLS] = {0};
    memcpy(remainder, symbols, DATA_SYMBOLS);
    for (size_t i = 0; i < DATA_SYMBOLS; i++) {
        const uint8_t factor = remainder[i];
        for (size_t k = 0; k <= CHECK_SYMBOLS; k++)
            remainder[i + k] ^= multiply(factor, generator[k]);
    }
    memcpy(symbols + DATA_SYMBOLS, remainder + DATA_SYMBOLS, CHECK_SYMBOLS);
}

static size_t group_of(size_t symbol)
{
    return symbol / GROUP + 1;
}

/* The group of the one wrong symbol, or the first group of two wrong ones; 0 where there are more. */
static size_t group_to_look_in(const uint8_t s[static CHECK_SYMBOLS])
{
    /* The locators X of two wrong symbols solve X^2 + sum X + product = 0; one wrong symbol makes the determinant 0. */
    const uint8_t determinant = multiply(s[1], s[1]) ^ multiply(s[0], s[2]);
    uint8_t sum = 0;
    uint8_t product = 0;
    if (determinant != 0) {
        const uint8_t scale = inverse(determinant);
        sum = multiply(scale, multiply(s[1], s[2]) ^ multiply(s[0], s[3]));
        product = multiply(scale, multiply(s[1], s[3]) ^ multiply(s[2], s[2]));
    }
    size_t found = 0;
    size_t group = 0;
    for (size_t i = 0; i < PRODUCT_KEY_SYMBOLS; i++) {
        const uint8_t locator = power((unsigned)(PRODUCT_KEY_SYMBOLS - 1 - i));
        const bool single = s[0] != 0 && multiply(s[0], locator) == s[1] && multiply(s[1], locator) == s[2] &&
                            multiply(s[2], locator) == s[3];
        const bool one_of_two = (multiply(locator, locator) ^ multiply(sum, locator) ^ product) == 0;
        if (determinant == 0 ? !single : !one_of_two)
            continue;
        found++;
        group = group == 0 ? group_of(i) : group;
    }
    return found == (determinant == 0 ? 1 : 2) ? group : 0;
}

uint64_t product_key_tag(const char *vendor, const char *product, const char *edition)
{
    const struct slice newline = slice_of("\n");
    const struct slice parts[] = {slice_of(vendor), newline, slice_of(product), newline, slice_of(edition)};
    const struct hash hash = hash_of_parts(parts, sizeof parts / sizeof parts[0]);
    uint64_t tag = 0;
    for (size_t i = 0; i < TAG_SYMBOLS * 5 / 8; i++)
        tag = tag << 8 | hash.bytes[i];
    return tag;
}

struct product_key product_key_make(enum product_key_mode mode, const char *vendor, const char *product,
                                    const char *edition)
{
    return (struct product_key){.mode = mode, .tag = product_key_tag(vendor, product, edition)};
}

struct product_key product_key_generic(const char *vendor, const char *product, const char *edition)
{
    return product_key_make(PRODUCT_KEY_VOLUME, vendor, product, edition);
}

static void put_number(uint8_t *symbols, size_t count, uint64_t number)
{
    for (size_t i = count; i > 0; i--) {
        symbols[i - 1] = (uint8_t)(number & 31);
        number >>= 5;
    }
}

static uint64_t get_number(const uint8_t *symbols, size_t count)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++)
        number = number << 5 | symbols[i];
    return number;
}

void product_key_write(const struct product_key *key, char text[static PRODUCT_KEY_TEXT_SIZE])
{
    assert(key->tag <= PRODUCT_KEY_TAG_MAX && key->serial <= PRODUCT_KEY_SERIAL_MAX);
    uint8_t symbols[PRODUCT_KEY_SYMBOLS] = {(uint8_t)(PRODUCT_KEY_VERSION << 2 | (int)key->mode)};
    put_number(symbols + 1, TAG_SYMBOLS, key->tag);
    put_number(symbols + 1 + TAG_SYMBOLS, SERIAL_SYMBOLS, key->serial);
    add_checksum(symbols);
    size_t length = 0;
    for (size_t i = 0; i < PRODUCT_KEY_SYMBOLS; i++) {
        if (i > 0 && i % GROUP == 0)
            text[length++] = '-';
        text[length++] = alphabet[symbols[i]];
    }
    text[length] = 0;
}

/* The value of a typed character, or -1. */
static int symbol_of(uint8_t typed)
{
    if (typed >= 'a' && typed <= 'z')
        typed = (uint8_t)(typed - 'a' + 'A');
    if (typed == 'O')
        typed = '0';
    if (typed == 'I' || typed == 'L')
        typed = '1';
    const char *found = typed == 0 ? NULL : strchr(alphabet, typed);
    return found == NULL ? -1 : (int)(found - alphabet);
}

/* Length of the blank or dash that the text begins with, however mail, a web page or a phone has written it; 0: none.
 */
static size_t separator_length(struct slice text)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {'\t', '\r'},     {' ', ' '},       {'-', '-'},       {0xa0, 0xa0},     {0xad, 0xad},
        {0x2000, 0x200b}, {0x2010, 0x2015}, {0x202f, 0x202f}, {0x205f, 0x2060}, {0x2212, 0x2212},
        {0x3000, 0x3000}, {0xfe58, 0xfe58}, {0xfe63, 0xfe63}, {0xfeff, 0xfeff}, {0xff0d, 0xff0d},
    };
    const size_t length = utf8_length(text);
    const uint32_t number = length == 0 ? 0 : utf8_code_point(slice_make(text.data, length));
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (number >= ranges[i].first && number <= ranges[i].last)
            return length;
    return 0;
}

static RESULT symbols_read(struct slice text, uint8_t symbols[static PRODUCT_KEY_SYMBOLS])
{
    ENSURE(text.size <= TYPED_MAX, PRODUCT_KEY_FORM);
    size_t count = 0;
    while (text.size > 0) {
        size_t used = separator_length(text);
        if (used == 0) {
            ENSURE(count < PRODUCT_KEY_SYMBOLS, PRODUCT_KEY_FORM);
            const int symbol = symbol_of(text.data[0]);
            if (symbol < 0)
                return FAIL_AT(PRODUCT_KEY_FORM, group_of(count));
            symbols[count++] = (uint8_t)symbol;
            used = 1;
        }
        text = slice_make(text.data + used, text.size - used);
    }
    ENSURE(count == PRODUCT_KEY_SYMBOLS, PRODUCT_KEY_FORM);
    return RESULT_OK;
}

RESULT product_key_read(struct slice text, struct product_key *ret_key)
{
    uint8_t symbols[PRODUCT_KEY_SYMBOLS];
    TRY(symbols_read(text, symbols));
    uint8_t syndromes[CHECK_SYMBOLS];
    syndromes_of(symbols, syndromes);
    static const uint8_t none[CHECK_SYMBOLS];
    if (memcmp(syndromes, none, sizeof none) != 0)
        return FAIL_AT(PRODUCT_KEY_MISTYPED, group_to_look_in(syndromes));
    ENSURE(symbols[0] >> 2 == PRODUCT_KEY_VERSION, DOCUMENT_VERSION);
    const unsigned mode = symbols[0] & 3;
    ENSURE(mode == PRODUCT_KEY_VOLUME || mode == PRODUCT_KEY_COUNTED, DOCUMENT_VALUE);
    *ret_key = (struct product_key){
        .mode = (enum product_key_mode)mode,
        .tag = get_number(symbols + 1, TAG_SYMBOLS),
        .serial = get_number(symbols + 1 + TAG_SYMBOLS, SERIAL_SYMBOLS),
    };
    return RESULT_OK;
}

RESULT product_key_read_exactly(struct slice text, struct product_key *ret_key)
{
    struct product_key key;
    ENSURE(is_ok(product_key_read(text, &key)), DOCUMENT_VALUE);
    char again[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&key, again);
    ENSURE(slice_is(text, again), DOCUMENT_VALUE);
    *ret_key = key;
    return RESULT_OK;
}

bool product_key_equal(const struct product_key *a, const struct product_key *b)
{
    return a->mode == b->mode && a->tag == b->tag && a->serial == b->serial;
}
