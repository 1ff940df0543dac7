/* Borrowed bytes and their encodings: each value has one spelling, and nothing else is read. */
#include "base/bytes.h"
#include "base/hash.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void slices_compare_by_their_bytes(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_of("abc"), slice_of("abc")));
    assert_false(slice_equal(slice_of("abc"), slice_of("abd")));
    assert_false(slice_equal(slice_of("abc"), slice_of("ab")));
    assert_true(slice_equal(slice_make(NULL, 0), slice_of("")));
    assert_true(slice_is(slice_of("abc"), "abc"));
    assert_true(slice_is(slice_make(NULL, 0), ""));
    assert_true(slice_starts_with(slice_of("abc"), "ab"));
    assert_true(slice_starts_with(slice_of("abc"), ""));
    assert_true(slice_starts_with(slice_make(NULL, 0), ""));
    struct slice ended = slice_of("kms.audit.example.audit");
    assert_true(slice_cut_ending(&ended, ".audit"));
    assert_true(slice_is(ended, "kms.audit.example"));
    assert_false(slice_cut_ending(&ended, ".audit"));
    assert_true(slice_cut_ending(&ended, ""));
    assert_true(slice_is(ended, "kms.audit.example"));
    struct slice whole = slice_of(".audit");
    assert_true(slice_cut_ending(&whole, ".audit"));
    assert_int_equal(whole.size, 0);
    assert_false(slice_cut_ending(&whole, ".audit"));
    assert_false(slice_starts_with(slice_of("ab"), "abc"));
    assert_false(slice_equal(slice_of("a"), slice_of("b")));
    assert_false(slice_starts_with(slice_of("ab"), "b"));
}

static void a_text_is_copied_only_where_it_fits_and_has_no_zero(void **state)
{
    (void)state;
    char to[4] = "xyz";
    assert_int_equal(result_code(slice_copy_text(slice_of("abcd"), to, sizeof to)), ERR_TEXT_TOO_LONG);
    assert_int_equal(result_code(slice_copy_text(slice_make("a\0b", 3), to, sizeof to)), ERR_DOCUMENT_VALUE);
    assert_string_equal(to, "xyz");
    assert_true(is_ok(slice_copy_text(slice_of("abc"), to, sizeof to)));
    assert_string_equal(to, "abc");
    assert_int_equal(result_code(slice_copy_text(slice_make("", 1), to, sizeof to)), ERR_DOCUMENT_VALUE);
    assert_true(is_ok(slice_copy_text(slice_of("z"), to, sizeof to)));
    assert_string_equal(to, "z");
    assert_true(is_ok(slice_copy_text(slice_make(NULL, 0), to, sizeof to)));
    assert_string_equal(to, "");
}

/* FIPS 180-2, appendix B.1, and the hash of nothing. */
static void hashes_are_sha256(void **state)
{
    (void)state;
    char text[2 * HASH_SIZE + 1];
    const struct hash abc = hash_of(slice_of("abc"));
    hex_write(abc.bytes, HASH_SIZE, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const struct hash nothing = hash_of(slice_make(NULL, 0));
    hex_write(nothing.bytes, HASH_SIZE, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(hash_equal(&abc, &abc));
    assert_false(hash_equal(&abc, &nothing));
}

/* RFC 4648, section 10. */
static const struct {
    const char *bytes;
    const char *text;
} base64_vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

static void base64_is_that_of_rfc_4648(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof base64_vectors / sizeof base64_vectors[0]; i++) {
        const char *bytes = base64_vectors[i].bytes;
        const char *text = base64_vectors[i].text;
        char written[16];
        assert_int_equal(BASE64_LENGTH(strlen(bytes)), strlen(text));
        base64_write(bytes, strlen(bytes), written);
        assert_string_equal(written, text);
        uint8_t read[8];
        size_t size = 99;
        assert_true(is_ok(base64_read(slice_of(text), read, sizeof read, &size)));
        assert_int_equal(size, strlen(bytes));
        assert_memory_equal(read, bytes, size);
        assert_true(is_ok(base64_read_exactly(slice_of(text), read, strlen(bytes))));
    }
}

static void both_writers_of_base64_agree_at_every_length_and_are_read_back(void **state)
{
    (void)state;
    uint8_t bytes[256 + 2];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 167 + 13);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        char quick[BASE64_LENGTH(sizeof bytes) + 1];
        char secret[BASE64_LENGTH(sizeof bytes) + 1];
        base64_write(bytes, size, quick);
        base64_write_secret(bytes, size, secret);
        assert_string_equal(quick, secret);
        uint8_t again[sizeof bytes];
        size_t got = 0;
        assert_true(is_ok(base64_read(slice_of(quick), again, sizeof again, &got)));
        assert_true(slice_equal(slice_make(again, got), slice_make(bytes, size)));
    }
}

static void base64_with_any_other_spelling_is_refused_and_writes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Z",    "Zg",   "Zg=",  "Zh==",     "Zm9=",     "Zg==\n", "\nZg==", " Zg==",  "Z-_v",
        "====", "Z===", "=Zg=", "Zg==Zg==", "Zm9vYg=A", "Zm9v=",  "A===",   "Zm\n9v", "Zm9vZg=\xc3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t read[6] = {1, 2, 3, 4, 5, 6};
        static const uint8_t before[6] = {1, 2, 3, 4, 5, 6};
        size_t size = 77;
        const struct result outcome = base64_read(slice_of(bad[i]), read, sizeof read, &size);
        if (result_code(outcome) != ERR_BASE64)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(result_code(base64_check(slice_of(bad[i]), &size)), ERR_BASE64);
        assert_memory_equal(read, before, sizeof read);
        assert_int_equal(size, 77);
    }
}

static void base64_is_read_within_its_text_and_its_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof base64_vectors / sizeof base64_vectors[0]; i++) {
        const char *bytes = base64_vectors[i].bytes;
        const size_t length = strlen(bytes);
        uint8_t read[8];
        size_t size = 0;
        memset(read, 0x5a, sizeof read);
        assert_true(is_ok(base64_read(slice_of(base64_vectors[i].text), read, length, &size)));
        assert_memory_equal(read, bytes, length);
        for (size_t k = length; k < sizeof read; k++)
            assert_int_equal(read[k], 0x5a);
        if (length > 0)
            assert_int_equal(result_code(base64_read(slice_of(base64_vectors[i].text), read, length - 1, &size)),
                             ERR_TEXT_TOO_LONG);
    }
    uint8_t none[1] = {0x5a};
    size_t size = 9;
    assert_true(is_ok(base64_read(slice_make(&"=="[2], 0), none, sizeof none, &size)));
    assert_int_equal(size, 0);
    assert_int_equal(none[0], 0x5a);
}

static void base64_of_exactly_so_many_bytes_is_read_however_many(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 255, 256, 257, 1000};
    uint8_t bytes[1000];
    char text[BASE64_LENGTH(sizeof bytes) + 1];
    memset(bytes, 0xa5, sizeof bytes);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t read[sizeof bytes + 1] = {0};
        base64_write(bytes, sizes[i], text);
        assert_true(is_ok(base64_read_exactly(slice_of(text), read, sizes[i])));
        assert_memory_equal(read, bytes, sizes[i]);
        assert_int_equal(read[sizes[i]], 0);
    }
}

static void base64_of_another_size_than_asked_for_is_refused(void **state)
{
    (void)state;
    uint8_t read[300];
    assert_int_equal(result_code(base64_read_exactly(slice_of("Zm9v"), read, 2)), ERR_BASE64);
    assert_int_equal(result_code(base64_read_exactly(slice_of("Zm8="), read, 3)), ERR_BASE64);
    assert_int_equal(result_code(base64_read_exactly(slice_of("Zm8="), read, 1)), ERR_BASE64);
    assert_int_equal(result_code(base64_read_exactly(slice_of(""), read, 1)), ERR_BASE64);
}

static void hex_is_read_in_small_letters_only(void **state)
{
    (void)state;
    uint8_t bytes[3];
    assert_true(is_ok(hex_read_exactly(slice_of("00aff9"), bytes, 3)));
    assert_memory_equal(bytes, "\x00\xaf\xf9", 3);
    char text[7];
    hex_write(bytes, 3, text);
    assert_string_equal(text, "00aff9");
    static const char *const bad[] = {"",       "00aff",  "00aff90", "00AFF9", "00afg9",
                                      "00af 9", "0x00af", "00af/9",  "00af:9"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(result_code(hex_read_exactly(slice_of(bad[i]), bytes, 3)), ERR_DOCUMENT_VALUE);
    assert_memory_equal(bytes, "\x00\xaf\xf9", 3);
}

static void decimals_have_no_sign_no_leading_zero_and_a_largest_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t value;
    } cases[] = {
        {"0", 0, true, 0},
        {"7", 7, true, 7},
        {"8", 7, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"18446744073709551620", UINT64_MAX, false, 0},
        {"99999999999999999999", UINT64_MAX, false, 0},
        {"100000000000000000000", UINT64_MAX, false, 0},
        {"", 9, false, 0},
        {"9999999999999999999", UINT64_MAX, true, UINT64_C(9999999999999999999)},
        {"00", 9, false, 0},
        {"07", 9, false, 0},
        {"+7", 9, false, 0},
        {"-0", 9, false, 0},
        {" 7", 9, false, 0},
        {"7 ", 9, false, 0},
        {"7a", 99, false, 0},
        {"/", 99, false, 0},
        {":", 99, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 42;
        const struct result outcome = decimal_read(slice_of(cases[i].text), cases[i].max, &value);
        if (is_ok(outcome) != cases[i].good || value != (cases[i].good ? cases[i].value : 42))
            fail_msg("\"%s\" up to %llu", cases[i].text, (unsigned long long)cases[i].max);
    }
}

static void plain_text_ends_at_the_first_byte_that_is_not(void **state)
{
    (void)state;
    uint8_t text[40];
    for (size_t size = 0; size <= sizeof text; size++) {
        memset(text, ' ', sizeof text);
        text[size / 2] = 0x7f;
        assert_int_equal(ascii_length(slice_make(text, size)), size);
        for (size_t at = 0; at < size; at++) {
            static const uint8_t OTHERS[] = {0, '\n', 0x1f, 0x80, 0xa0, 0xff};
            for (size_t i = 0; i < sizeof OTHERS; i++) {
                memset(text, i % 2 == 0 ? ' ' : '~', sizeof text);
                memset(text + at, OTHERS[i], sizeof text - at);
                assert_int_equal(ascii_length(slice_make(text, size)), at);
            }
        }
    }
}

static void utf8_is_that_of_rfc_3629(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",             /* continuation alone */
                                      "\xc0\xaf",         /* overlong */
                                      "\xc1\xbf",         /* overlong */
                                      "\xe0\x9f\xbf",     /* overlong */
                                      "\xf0\x8f\xbf\xbf", /* overlong */
                                      "\xed\xa0\x80",     /* surrogate */
                                      "\xed\xbf\xbf",     /* surrogate */
                                      "\xf4\x90\x80\x80", /* beyond U+10FFFF */
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xc2",         /* cut off */
                                      "\xe2\x82",     /* cut off */
                                      "\xf0\x90\x80", /* cut off */
                                      "\xc2\x41",     /* no continuation */
                                      "\xe2\x82\x41",
                                      "a\xe4z"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(utf8_valid(slice_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (utf8_valid(slice_of(bad[i])))
            fail_msg("accepted: case %zu", i);
}

static void a_character_has_its_length_and_may_be_a_control(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        bool control;
    } cases[] = {
        {"", 0, false},
        {"ab", 1, false},
        {"\n", 1, true},
        {"\x1f", 1, true},
        {" ", 1, false},
        {"~", 1, false},
        {"\x7f", 1, true},
        {"\xc2\x80", 2, true},
        {"\xc2\x9fx", 2, true},
        {"\xc2\xa0", 2, false},
        {"\xd8\x9c", 2, true},          /* U+061C */
        {"\xc2\xad", 2, false},         /* a soft hyphen */
        {"\xe2\x80\x8a", 3, false},     /* U+200A, a thin blank */
        {"\xe2\x80\x8b", 3, true},      /* U+200B */
        {"\xe2\x80\x8f", 3, true},      /* U+200F */
        {"\xe2\x80\x90", 3, false},     /* U+2010, a hyphen */
        {"\xe2\x80\xa8", 3, true},      /* U+2028 */
        {"\xe2\x80\xae", 3, true},      /* U+202E */
        {"\xe2\x80\xaf", 3, false},     /* U+202F, a narrow blank */
        {"\xe2\x81\xa6", 3, true},      /* U+2066 */
        {"\xe2\x81\xaf", 3, true},      /* U+206F */
        {"\xe2\x81\xb0", 3, false},     /* U+2070 */
        {"\xef\xbb\xbf", 3, true},      /* U+FEFF */
        {"\xf3\xa0\x80\xa0", 4, true},  /* U+E0020 */
        {"\xf3\xa0\x82\x80", 4, false}, /* U+E0080 */
        {"\xe2\x82\xac", 3, false},
        {"\xf0\x9f\x94\x91", 4, false},
        {"\xff", 0, false},
        {"\xe2\x82", 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(utf8_length(slice_of(cases[i].text)), cases[i].length);
        if (cases[i].length > 0)
            assert_int_equal(utf8_is_control(slice_make(cases[i].text, cases[i].length)), cases[i].control);
    }
}

/* Whatever stands behind it, such as the rest of the character. */
static void a_character_ends_within_its_text(void **state)
{
    (void)state;
    static const char *const characters[] = {"\xc2\x80", "\xe2\x82\xac", "\xf0\x9f\x94\x91"};
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        const size_t length = strlen(characters[i]);
        assert_int_equal(utf8_length(slice_make(characters[i], length)), length);
        for (size_t size = 0; size < length; size++) {
            assert_int_equal(utf8_length(slice_make(characters[i], size)), 0);
            assert_int_equal(utf8_valid(slice_make(characters[i], size)), size == 0);
        }
    }
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

static void names_are_the_same_in_capitals(void **state)
{
    (void)state;
    assert_true(ascii_same("Host", "hOST", 4));
    assert_true(ascii_same("Host: x", "host", 4));
    assert_true(ascii_same("", "x", 0));
    assert_false(ascii_same("Hosts", "host", 5));
    assert_false(ascii_same("Hos", "host", 4));
    assert_false(ascii_same("Hos", "Hos", 4)); /* they end before */
    assert_false(ascii_same("[", "{", 1));     /* 32 apart, as letters are */
}

static void characters_are_those_of_ascii(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        const bool capital = c >= 'A' && c <= 'Z';
        const bool letter = capital || (c >= 'a' && c <= 'z');
        const bool digit = c >= '0' && c <= '9';
        assert_int_equal((uint8_t)ascii_lower((char)c), capital ? c + 32 : c);
        assert_int_equal(ascii_is_alphanumeric((char)c), letter || digit);
        assert_int_equal(ascii_is_hex((char)c), digit || (letter && (c & ~32) <= 'F'));
        assert_int_equal(ascii_is_space((char)c), c == ' ' || (c >= 9 && c <= 13));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_those_of_ascii),
        cmocka_unit_test(names_are_the_same_in_capitals),
        cmocka_unit_test(slices_compare_by_their_bytes),
        cmocka_unit_test(a_text_is_copied_only_where_it_fits_and_has_no_zero),
        cmocka_unit_test(hashes_are_sha256),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(both_writers_of_base64_agree_at_every_length_and_are_read_back),
        cmocka_unit_test(base64_with_any_other_spelling_is_refused_and_writes_nothing),
        cmocka_unit_test(base64_is_read_within_its_text_and_its_memory),
        cmocka_unit_test(base64_of_exactly_so_many_bytes_is_read_however_many),
        cmocka_unit_test(base64_of_another_size_than_asked_for_is_refused),
        cmocka_unit_test(hex_is_read_in_small_letters_only),
        cmocka_unit_test(decimals_have_no_sign_no_leading_zero_and_a_largest_value),
        cmocka_unit_test(plain_text_ends_at_the_first_byte_that_is_not),
        cmocka_unit_test(utf8_is_that_of_rfc_3629),
        cmocka_unit_test(a_character_has_its_length_and_may_be_a_control),
        cmocka_unit_test(a_character_ends_within_its_text),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
