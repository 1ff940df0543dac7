/*
 * Product keys: what a person types. 25 symbols of Crockford base32 in five groups; 125 bits.
 *
 *   symbol 0       version (3 bits) and mode (2 bits)
 *   symbols 1-8    tag: first 40 bits of SHA-256(vendor, newline, product, newline, edition)
 *   symbols 9-20   serial (60 bits); 0 in the generic keys of an edition, one for each mode
 *   symbols 21-24  checksum: a Reed-Solomon code over GF(32), generator roots 1, a, a^2, a^3 with a root of x^5+x^2+1
 *
 * The code has distance 5, so that up to four wrong symbols are always noticed, and with them one mistyped symbol and
 * any two that were swapped; for these two the group is known. A product key is no secret and proves nothing: it says
 * which edition is meant, and under which kind of license. Pure, thread-safe.
 */
#ifndef CORE_DOCUMENTS_PRODUCT_KEY_H
#define CORE_DOCUMENTS_PRODUCT_KEY_H

#include "base/bytes.h"

enum {
    PRODUCT_KEY_SYMBOLS = 25,
    PRODUCT_KEY_TEXT_SIZE = PRODUCT_KEY_SYMBOLS + 4 + 1,
    PRODUCT_KEY_VERSION = 1,
};
#define PRODUCT_KEY_TAG_MAX    ((UINT64_C(1) << 40) - 1)
#define PRODUCT_KEY_SERIAL_MAX ((UINT64_C(1) << 60) - 1)

/* Which licenses give a machine with the key a lease: those of that mode and no others. */
enum product_key_mode {
    PRODUCT_KEY_VOLUME = 0,
    PRODUCT_KEY_COUNTED = 1,
};

struct product_key {
    enum product_key_mode mode;
    uint64_t tag;
    uint64_t serial;
};

uint64_t product_key_tag(const char *vendor, const char *product, const char *edition);
/* The generic key of an edition for licenses of that mode, and the volume key. */
struct product_key product_key_make(enum product_key_mode mode, const char *vendor, const char *product,
                                    const char *edition);
struct product_key product_key_generic(const char *vendor, const char *product, const char *edition);
/* "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX" */
void product_key_write(const struct product_key *key, char text[static PRODUCT_KEY_TEXT_SIZE]);
/* Forgives case, blanks and dashes of all kinds, O for 0, I and L for 1. PRODUCT_KEY_FORM: not 25 symbols, or one that
 * does not exist (place: its group). PRODUCT_KEY_MISTYPED: the checksum does not hold; place: the group (1..5) to look
 * in where that can be known (of two groups the first), otherwise 0. DOCUMENT_VERSION, DOCUMENT_VALUE: a later version
 * or mode.
 */
RESULT product_key_read(struct slice text, struct product_key *ret_key);
/* Forgives nothing: people may type a key in many ways, files have the one that is written. DOCUMENT_VALUE. */
RESULT product_key_read_exactly(struct slice text, struct product_key *ret_key);
bool product_key_equal(const struct product_key *a, const struct product_key *b);

#endif
