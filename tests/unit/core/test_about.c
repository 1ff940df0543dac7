/* What a machine tells its operator: of one request, by its key, in texts that show what they are. */
#include "base/secret.h"
#include "mutate.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct about sample_about(void)
{
    struct about about;
    assert_true(is_ok(about_read(slice_of(SAMPLE_ABOUT), &about)));
    return about;
}

static struct buffer signed_by(struct slice text, uint8_t letter)
{
    struct signing_key *key CLEANUP_SIGNING_KEY = sample_machine_key(letter);
    struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(machine_note_sign(text, key, &note)));
    return note;
}

static struct hash sample_hash(void)
{
    return hash_of(slice_of(SAMPLE_REQUEST_NOTE));
}

static RESULT open_sample(struct slice note, struct about *ret_about)
{
    const struct request request = sample_request();
    const struct hash hash = sample_hash();
    return about_open(note, &request.machine_key, &hash, ret_about);
}

static void what_a_machine_tells_is_read_as_it_signed_it(void **state)
{
    (void)state;
    struct about about;
    struct buffer note CLEANUP_BUFFER = signed_by(slice_of(SAMPLE_ABOUT), MACHINE_SEED);
    assert_int_equal(open_sample(buffer_slice(&note), &about).bits, 0);
    const struct hash hash = sample_hash();
    assert_memory_equal(&about.request, &hash, sizeof hash);
    assert_string_equal(about.says.name, "lesesaal-7");
    assert_string_equal(about.says.version, "4.2.1");
    assert_int_equal(about.says.data_count, 2);
    assert_string_equal(about.says.data[0].key, "gpu");
    assert_string_equal(about.says.data[0].value, "none");
    assert_string_equal(about.says.data[1].key, "room");
    assert_string_equal(about.says.data[1].value, "3 Süd");
}

static void one_that_says_nothing_is_one_too(void **state)
{
    (void)state;
    struct about about;
    struct buffer note CLEANUP_BUFFER = signed_by(slice_of(SAMPLE_ABOUT_HEAD), MACHINE_SEED);
    assert_int_equal(open_sample(buffer_slice(&note), &about).bits, 0);
    assert_int_equal(about.says.data_count, 0);
    assert_string_equal(about.says.name, "");
    assert_string_equal(about.says.version, "");
}

static bool opened(void *context, struct slice mutant)
{
    (void)context;
    struct about about;
    return is_ok(open_sample(mutant, &about));
}

static void no_flipped_bit_and_no_truncation_is_opened(void **state)
{
    (void)state;
    struct buffer note CLEANUP_BUFFER = signed_by(slice_of(SAMPLE_ABOUT), MACHINE_SEED);
    assert_int_equal(mutate_each_bit(buffer_slice(&note), opened, NULL), 0);
    assert_int_equal(mutate_each_truncation(buffer_slice(&note), opened, NULL), 0);
}

static void it_is_nothing_beside_another_request_and_by_another_key(void **state)
{
    (void)state;
    struct about about = {.says = {.name = "untouched"}};
    const struct request request = sample_request();
    const struct hash other = hash_of(slice_of(SAMPLE_RELEASE_NOTE));
    struct buffer own CLEANUP_BUFFER = signed_by(slice_of(SAMPLE_ABOUT), MACHINE_SEED);
    struct buffer others CLEANUP_BUFFER = signed_by(slice_of(SAMPLE_ABOUT), OTHER_MACHINE_SEED);
    assert_int_equal(result_code(about_open(buffer_slice(&own), &request.machine_key, &other, &about)),
                     ERR_DOCUMENT_VALUE);
    assert_int_equal(result_code(open_sample(buffer_slice(&others), &about)), ERR_SIGNER_UNKNOWN);
    assert_int_equal(result_code(open_sample(slice_of(SAMPLE_REQUEST_NOTE), &about)), ERR_DOCUMENT_TYPE);
    assert_int_equal(result_code(open_sample(slice_of(SAMPLE_ABOUT SAMPLE_REQUEST_SIGNATURE), &about)),
                     ERR_SIGNATURE_WRONG);
    assert_int_equal(result_code(open_sample(slice_of(SAMPLE_ABOUT), &about)), ERR_NOTE_FORM);
    assert_string_equal(about.says.name, "untouched");
}

/* ---- texts ---- */

static const struct {
    const char *text;
    bool fit;
} texts[] = {
    {"lesesaal-7", true},
    {"Lesesaal 7, Süd; 東京 \xf0\x9f\x96\xa5", true},
    {"\"quoted\" <b>&amp;", true},
    {"\xc2\xa0", true}, /* U+00A0 is seen as a space */
    {"", false},
    {" begins with a space", false},
    {"ends with one ", false},
    {"two\nlines", false},
    {"tab\there", false},
    {"\x1b[31mred", false},
    {"\x7f", false},
    {"\xc2\x9b"
     "31mred",
     false},
    {"a\xe2\x80\xae"
     "b",
     false}, /* U+202E turns what follows round */
    {"a\xe2\x80\x8b"
     "b",
     false}, /* U+200B is nothing */
    {"a\xe2\x80\x8f", false},
    {"a\xe2\x80\xa8"
     "b",
     false}, /* U+2028 is a line's end */
    {"a\xe2\x81\xa6"
     "b",
     false},
    {"\xef\xbb\xbf"
     "a",
     false},
    {"\xd8\x9c", false},
    {"\xf3\xa0\x80\x81", false},
    {"\xf3\xa0\x81\xbf", false},
    {"a\xe2\x80\x90"
     "b",
     true}, /* U+2010 is a hyphen */
    {"\xff", false},
};

static void a_text_shows_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct result checked = about_text_check(slice_of(texts[i].text), TEXT_SIZE - 1);
        if (is_ok(checked) != texts[i].fit)
            fail_msg("row %zu is %s", i, is_ok(checked) ? "taken" : "refused");
        if (texts[i].text[0] == 0)
            continue;
        struct about about = sample_about();
        struct buffer written CLEANUP_BUFFER = buffer_make(ABOUT_NOTE_MAX);
        snprintf(about.says.name, sizeof about.says.name, "%s", texts[i].text);
        assert_int_equal(is_ok(about_write(&about, &written)), texts[i].fit);
        struct buffer text CLEANUP_BUFFER = buffer_make(ABOUT_NOTE_MAX);
        buffer_printf(&text, SAMPLE_ABOUT_HEAD "version %s\n", texts[i].text);
        assert_int_equal(is_ok(about_read(buffer_slice(&text), &about)), texts[i].fit);
    }
}

static const struct {
    const char *lines;
    enum error_code code;
} lists[] = {
    {"data a 1\ndata b 2\n", OK},
    {"data b 2\ndata a 1\n", ERR_DOCUMENT_ORDER},
    {"data a 1\ndata a 2\n", ERR_DOCUMENT_DUPLICATE_KEY},
    {"data a\n", ERR_DOCUMENT_VALUE},
    {"data a \n", ERR_DOCUMENT_VALUE},
    {"data  1\n", ERR_DOCUMENT_VALUE},
    {"data A 1\n", ERR_DOCUMENT_VALUE},
    {"data a  1\n", ERR_DOCUMENT_VALUE},
    {"data abcdefghijklmnopqrstuvwxyz01234 1\n", OK},
    {"data abcdefghijklmnopqrstuvwxyz012345 1\n", ERR_DOCUMENT_VALUE},
    {"data a 1\ndata b 1\ndata c 1\ndata d 1\ndata e 1\ndata f 1\ndata g 1\ndata h 1\n", OK},
    {"data a 1\ndata b 1\ndata c 1\ndata d 1\ndata e 1\ndata f 1\ndata g 1\ndata h 1\ndata i 1\n", ERR_DOCUMENT_LIMIT},
    {"name a\nname b\n", ERR_DOCUMENT_DUPLICATE_KEY},
    {"version 1\nname b\n", ERR_DOCUMENT_ORDER},
};

static void data_are_ascending_and_few(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct about about;
        struct buffer text CLEANUP_BUFFER = buffer_make(ABOUT_NOTE_MAX);
        buffer_printf(&text, "%s%s", SAMPLE_ABOUT_HEAD, lists[i].lines);
        const enum error_code code = result_code(about_read(buffer_slice(&text), &about));
        if (code != lists[i].code)
            fail_msg("row %zu: %s", i, code == OK ? "ok" : error_info(code)->name);
    }
}

static void what_is_attached_comes_to_its_place_or_nowhere(void **state)
{
    (void)state;
    struct about_says says = {.name = ""};
    static const char *const keys[] = {"m", "c", "x", "a", "n", "z", "d", "b"};
    for (size_t i = 0; i < ABOUT_DATA_MAX; i++) {
        assert_int_equal(about_attach(&says, slice_of(keys[i]), slice_of(keys[i])).bits, 0);
        assert_int_equal(result_code(about_attach(&says, slice_of(keys[i]), slice_of("1"))),
                         ERR_DOCUMENT_DUPLICATE_KEY);
    }
    assert_int_equal(result_code(about_attach(&says, slice_of("e"), slice_of("1"))), ERR_DOCUMENT_LIMIT);
    assert_int_equal(result_code(about_attach(&says, slice_of("E"), slice_of("1"))), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_code(about_attach(&says, slice_of("f"), slice_of(""))), ERR_DOCUMENT_VALUE);
    assert_int_equal(says.data_count, ABOUT_DATA_MAX);
    const struct about about = {.request = sample_hash(), .says = says};
    struct buffer text CLEANUP_BUFFER = buffer_make(ABOUT_NOTE_MAX);
    assert_int_equal(about_write(&about, &text).bits, 0);
}

static void fill(char *text, size_t size, char letter)
{
    memset(text, letter, size - 1);
    text[size - 1] = 0;
}

static void the_longest_fits_into_its_note(void **state)
{
    (void)state;
    struct about about = sample_about();
    struct about again;
    fill(about.says.name, sizeof about.says.name, 'n');
    fill(about.says.version, sizeof about.says.version, 'v');
    about.says.data_count = ABOUT_DATA_MAX;
    for (size_t i = 0; i < ABOUT_DATA_MAX; i++) {
        fill(about.says.data[i].key, sizeof about.says.data[i].key, (char)('a' + i));
        fill(about.says.data[i].value, sizeof about.says.data[i].value, 'v');
    }
    CLEANUP_BUFFER struct buffer lines = buffer_make(EXTENSIONS_SIZE - 1);
    for (int i = 0; i < 4; i++)
        buffer_printf(&lines, "x-%d %0251d\n", i, 0);
    memcpy(about.extensions.lines, buffer_text(&lines), EXTENSIONS_SIZE);
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_int_equal(about_write(&about, &text).bits, 0);
    struct buffer note CLEANUP_BUFFER = signed_by(buffer_slice(&text), MACHINE_SEED);
    assert_true(note.size > ABOUT_NOTE_MAX / 2 && note.size <= ABOUT_NOTE_MAX); /* it is no limit of another size */
    assert_int_equal(open_sample(buffer_slice(&note), &again).bits, 0);
    assert_memory_equal(&again, &about, sizeof again);
}

static void one_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    struct about about;
    char bytes[ABOUT_NOTE_MAX + 1];
    memset(bytes, 'a', sizeof bytes);
    assert_int_equal(result_code(open_sample(slice_make(bytes, sizeof bytes), &about)), ERR_TEXT_TOO_LONG);
    assert_int_equal(result_code(open_sample(slice_make(bytes, ABOUT_NOTE_MAX), &about)), ERR_NOTE_FORM);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_machine_tells_is_read_as_it_signed_it),
        cmocka_unit_test(one_that_says_nothing_is_one_too),
        cmocka_unit_test(no_flipped_bit_and_no_truncation_is_opened),
        cmocka_unit_test(it_is_nothing_beside_another_request_and_by_another_key),
        cmocka_unit_test(a_text_shows_what_it_is),
        cmocka_unit_test(data_are_ascending_and_few),
        cmocka_unit_test(what_is_attached_comes_to_its_place_or_nowhere),
        cmocka_unit_test(the_longest_fits_into_its_note),
        cmocka_unit_test(one_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
