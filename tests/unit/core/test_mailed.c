/* Signed documents out of what mail and editors make of them: byte for byte what was signed, or nothing. */
#include "core/documents/mailed.h"
#include "core/tlog/note.h"
#include "mutate.h"
#include "samples.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 4 * NOTE_MAX };

/* Appends what becomes of the note on its way. */
typedef void carrying(struct slice note, struct buffer *out);

static bool next(struct slice *rest, struct slice *ret_line)
{
    const uint8_t *const end = rest->size == 0 ? NULL : memchr(rest->data, '\n', rest->size);
    if (end == NULL)
        return false;
    *ret_line = slice_make(rest->data, (size_t)(end - rest->data));
    *rest = slice_make(end + 1, rest->size - ret_line->size - 1);
    return true;
}

/* Each line with that before it and that at its end. */
static void carry_lines(struct slice note, const char *before, const char *end, struct buffer *out)
{
    struct slice line;
    while (next(&note, &line)) {
        buffer_append_text(out, before);
        buffer_append_slice(out, line);
        buffer_append_text(out, end);
    }
}

static void mark(struct slice note, struct buffer *out)
{
    buffer_append_text(out, "\xef\xbb\xbf");
    buffer_append_slice(out, note);
}

static void end_lines_otherwise(struct slice note, struct buffer *out)
{
    carry_lines(note, "", "\r\n", out);
}

static void add_blanks(struct slice note, struct buffer *out)
{
    carry_lines(note, "", " \t\xc2\xa0 \n", out);
}

static void add_lines(struct slice note, struct buffer *out)
{
    carry_lines(note, "\n", "\n", out);
}

static void leave_out_the_end(struct slice note, struct buffer *out)
{
    buffer_append(out, note.data, note.size - 1);
}

static void quote(struct slice note, struct buffer *out)
{
    carry_lines(note, "> ", "\n", out);
}

static void quote_twice(struct slice note, struct buffer *out)
{
    buffer_append_text(out, "> You wrote:\n");
    carry_lines(note, ">> ", "\n", out);
    buffer_append_text(out, "> Thank you.\n");
}

static void quote_narrowly(struct slice note, struct buffer *out)
{
    carry_lines(note, ">", "\n", out);
}

static void add_words(struct slice note, struct buffer *out)
{
    buffer_append_text(out, "Dear Sir - here is the license of aval, aval license v1 as you know:\n\n");
    buffer_append_slice(out, note);
    buffer_append_text(out, "\nKind\nregards\n-- \nAcme Ltd.\n");
}

static void add_words_at_once(struct slice note, struct buffer *out)
{
    buffer_append_text(out, "Here it is:\n");
    buffer_append_slice(out, note);
    buffer_append_text(out, "Regards\n");
}

static void write_dash(struct slice note, const char *dash, struct buffer *out)
{
    struct slice line;
    while (next(&note, &line)) {
        if (slice_starts_with(line, "\xe2\x80\x94")) {
            buffer_append_text(out, dash);
            line = slice_make(line.data + 3, line.size - 3);
        }
        buffer_append_slice(out, line);
        buffer_append_byte(out, '\n');
    }
}

static void write_two_dashes(struct slice note, struct buffer *out)
{
    write_dash(note, "--", out);
}

static void write_a_short_dash(struct slice note, struct buffer *out)
{
    write_dash(note, "\xe2\x80\x93", out);
}

static void write_a_hyphen(struct slice note, struct buffer *out)
{
    write_dash(note, "-", out);
}

static void send_it_twice(struct slice note, struct buffer *out)
{
    quote(note, out);
    buffer_append_text(out, "\nSent again:\n");
    buffer_append_slice(out, note);
}

/* Where the last blank is before that column, or nowhere; `cut`: at the column. */
static size_t place_to_wrap(struct slice line, size_t width, bool cut)
{
    if (line.size <= width)
        return line.size;
    for (size_t i = width; i > 0; i--)
        if (line.data[i] == ' ')
            return i;
    return cut ? width : line.size;
}

static void wrap_at(struct slice note, size_t width, bool cut, struct buffer *out)
{
    struct slice line;
    while (next(&note, &line)) {
        while (line.size > 0) {
            const size_t size = place_to_wrap(line, width, cut);
            const size_t blank = size < line.size && line.data[size] == ' ';
            buffer_append(out, line.data, size);
            buffer_append_byte(out, '\n');
            line = slice_make(line.data + size + blank, line.size - size - blank);
        }
        if (note.size > 0 && note.data[0] == '\n')
            buffer_append_byte(out, '\n');
    }
}

static void wrap_at_72(struct slice note, struct buffer *out)
{
    wrap_at(note, 72, false, out);
}

static void wrap_at_40(struct slice note, struct buffer *out)
{
    wrap_at(note, 40, false, out);
}

static void cut_at_76(struct slice note, struct buffer *out)
{
    wrap_at(note, 76, true, out);
}

static void cut_at_64(struct slice note, struct buffer *out)
{
    wrap_at(note, 64, true, out);
}

static void cut_at_32(struct slice note, struct buffer *out)
{
    wrap_at(note, 32, true, out);
}

static void do_all_of_it(struct slice note, struct buffer *out)
{
    struct buffer a CLEANUP_BUFFER = buffer_make(ROOM);
    struct buffer b CLEANUP_BUFFER = buffer_make(ROOM);
    struct buffer c CLEANUP_BUFFER = buffer_make(ROOM);
    write_two_dashes(note, &a);
    cut_at_64(buffer_slice(&a), &b);
    quote_twice(buffer_slice(&b), &c);
    buffer_append_text(out, "\xef\xbb\xbfHello,\r\n");
    carry_lines(buffer_slice(&c), "", "  \r\n\r\n", out);
}

static const struct way {
    const char *name;
    carrying *carry;
} ways[] = {
    {"byte order mark", mark},
    {"CRLF", end_lines_otherwise},
    {"blanks at the end", add_blanks},
    {"blank lines", add_lines},
    {"no last newline", leave_out_the_end},
    {"quoted", quote},
    {"quoted twice", quote_twice},
    {"quoted narrowly", quote_narrowly},
    {"words", add_words},
    {"words without blank lines", add_words_at_once},
    {"two dashes", write_two_dashes},
    {"a short dash", write_a_short_dash},
    {"a hyphen", write_a_hyphen},
    {"twice", send_it_twice},
    {"wrapped at 72", wrap_at_72},
    {"wrapped at 40", wrap_at_40},
    {"cut at 76", cut_at_76},
    {"cut at 64", cut_at_64},
    {"cut at 32", cut_at_32}, /* a host's key, which is nothing before its end, into four */
    {"all of it", do_all_of_it},
};

/* A title that begins like a key, in words that are. */
#define WORDY_LICENSE \
    "aval license v1\n" \
    "license lic-2026-0003\n" \
    "vendor acme.example\n" \
    "customer University of product design and edition history, seats of learning and mode\n" \
    "host-key " SAMPLE_HOST_KEY "\n" \
    "product studio\n" \
    "edition pro\n" \
    "mode counted\n" \
    "seats 26\noverage 0\n" \
    "renew 7d\n" \
    "retry 2h\n" \
    "issued 2026-11-03T12:00:00Z\n" \
    "not-before 2026-11-03T00:00:00Z\n" \
    "not-after 2046-11-03T00:00:00Z\n"

static const char *const documents[] = {SAMPLE_PRODUCT, SAMPLE_HOST_REQUEST, SAMPLE_LICENSE, SAMPLE_REVOCATIONS,
                                        WORDY_LICENSE};
enum { DOCUMENTS = sizeof documents / sizeof *documents, LICENSE = 2 };

static struct signing_key *keys[2];
static struct buffer notes[DOCUMENTS];

static void each_way_is_gone_back(void **state)
{
    (void)state;
    for (size_t d = 0; d < DOCUMENTS; d++)
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            struct buffer mail CLEANUP_BUFFER = buffer_make(ROOM);
            struct buffer out CLEANUP_BUFFER = buffer_make(NOTE_MAX);
            bool mended = false;
            ways[i].carry(buffer_slice(&notes[d]), &mail);
            assert_true(is_ok(buffer_status(&mail)));
            const struct result done = mailed_mend(buffer_slice(&mail), &out, &mended);
            if (!is_ok(done) || !mended || !slice_equal(buffer_slice(&out), buffer_slice(&notes[d])))
                fail_msg("document %u, %s: %s, line %u:\n%.*s", (unsigned)d, ways[i].name,
                         error_info(result_code(done))->name, result_place(done), (int)out.size,
                         (const char *)out.data);
        }
}

static void a_machines_request_is_mended_where_it_is_meant(void **state)
{
    (void)state;
    const struct slice note = slice_of(SAMPLE_REQUEST_NOTE);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct buffer mail CLEANUP_BUFFER = buffer_make(ROOM);
        struct buffer out CLEANUP_BUFFER = buffer_make(NOTE_MAX);
        bool mended = false;
        if (strcmp(ways[i].name, "cut at 32") == 0)
            continue; /* the machine's id, its signature's name, is as long as that */
        ways[i].carry(note, &mail);
        const struct result done = mailed_mend_request(buffer_slice(&mail), &out, &mended);
        if (!is_ok(done) || !mended || !slice_equal(buffer_slice(&out), note))
            fail_msg("%s: %s, line %u:\n%.*s", ways[i].name, error_info(result_code(done))->name, result_place(done),
                     (int)out.size, (const char *)out.data);
    }
}

static void what_needs_no_mending_is_left_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {"",          "\n", "some words\n", "aval request v1\n", SAMPLE_REQUEST_NOTE,
                                        SAMPLE_LEASE};
    for (size_t i = 0; i < DOCUMENTS + sizeof texts / sizeof *texts; i++) {
        const struct slice text = i < DOCUMENTS ? buffer_slice(&notes[i]) : slice_of(texts[i - DOCUMENTS]);
        struct buffer out CLEANUP_BUFFER = buffer_make(NOTE_MAX);
        bool mended = true;
        assert_true(is_ok(mailed_mend(text, &out, &mended)));
        assert_false(mended);
        assert_true(slice_equal(buffer_slice(&out), text));
    }
}

static enum error_code mend_text(const struct buffer *mail)
{
    struct buffer out CLEANUP_BUFFER = buffer_make(NOTE_MAX);
    bool mended;
    const enum error_code code = result_code(mailed_mend(buffer_slice(mail), &out, &mended));
    if (code != OK)
        assert_int_equal(out.size, 0);
    return code;
}

static void two_documents_are_too_many(void **state)
{
    (void)state;
    struct buffer mail CLEANUP_BUFFER = buffer_make(ROOM);
    quote(buffer_slice(&notes[0]), &mail);
    buffer_append_slice(&mail, buffer_slice(&notes[LICENSE]));
    assert_int_equal(mend_text(&mail), ERR_DOCUMENT_SEVERAL);
}

static void what_lacks_something_is_not_made_up(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
    } rows[] = {
        {"> aval license v1\n> license a\n", ERR_NOTE_FORM},
        {"aval license v1\r\n\r\n-- acme.example AAAA\r\n", ERR_DOCUMENT_MISSING_KEY},
        {"> aval license v2\n> license a\n> \n> -- acme.example AAAA\n", ERR_DOCUMENT_VERSION},
        {" aval license v1\n", OK},
        {"aval license\n", OK},
        {"aval license v1 of mine\nis here\n", OK},
        {"aval licenses v1\n", OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer mail CLEANUP_BUFFER = buffer_make(ROOM);
        buffer_append_text(&mail, rows[i].text);
        assert_int_equal(mend_text(&mail), rows[i].code);
    }
}

/* A note whose text its reader refuses: whoever opens it sees that it is not what was signed. */
static void a_note_that_cannot_be_mended_is_left_to_its_reader(void **state)
{
    (void)state;
    struct buffer mail CLEANUP_BUFFER = buffer_make(ROOM);
    buffer_append_text(&mail, "aval license v1\nlicense a\n");
    buffer_append_text(&mail, strstr(buffer_text(&notes[LICENSE]), "\n\n") + 1);
    assert_int_equal(mend_text(&mail), OK);
    const size_t first = mail.size;
    buffer_append_slice(&mail, buffer_slice(&notes[LICENSE]));
    buffer_append_slice(&mail, buffer_slice(&notes[0]));
    assert_true(mail.size > first);
    assert_int_equal(mend_text(&mail), ERR_DOCUMENT_SEVERAL);
}

static void limits_hold(void **state)
{
    (void)state;
    struct buffer mail CLEANUP_BUFFER = buffer_make(ROOM);
    buffer_append_text(&mail, "aval license v1\n");
    for (size_t i = 0; i < 8192; i++)
        buffer_append_text(&mail, "a\n");
    buffer_append_text(&mail, "-- acme.example AAAA\n");
    assert_int_equal(mend_text(&mail), ERR_DOCUMENT_LIMIT);
    buffer_clear(&mail);
    buffer_append_text(&mail, "aval license v1\n-- acme.example AAAA\n");
    for (size_t i = 0; i < SIGNATURES_SIZE; i++)
        buffer_append_text(&mail, "A\n");
    assert_int_equal(mend_text(&mail), ERR_DOCUMENT_MISSING_KEY);
    buffer_clear(&mail);
    buffer_append_text(&mail, "aval license v1\n");
    for (size_t i = 0; i < DOCUMENT_MAX; i++)
        buffer_append_text(&mail, "a");
    buffer_append_text(&mail, "\n-- acme.example AAAA\n");
    assert_int_equal(mend_text(&mail), ERR_TEXT_TOO_LONG);
}

/* Whether another text than the vendor's comes out, with his signature. */
static bool is_forged(void *context, struct slice mail)
{
    (void)context;
    struct buffer out CLEANUP_BUFFER = buffer_make(NOTE_MAX);
    struct license license;
    bool mended;
    if (!is_ok(mailed_mend(mail, &out, &mended)) ||
        !is_ok(license_open(buffer_slice(&out), signing_key_verifier(keys[0]), 1, &license)))
        return false;
    struct slice text;
    struct slice signed_text;
    assert_true(is_ok(note_open(buffer_slice(&out), signing_key_verifier(keys[0]), 1, &text, NULL)));
    assert_true(is_ok(note_open(buffer_slice(&notes[LICENSE]), signing_key_verifier(keys[0]), 1, &signed_text, NULL)));
    return !slice_equal(text, signed_text);
}

static void no_changed_bit_and_no_missing_byte_makes_another_document(void **state)
{
    (void)state;
    struct buffer mail CLEANUP_BUFFER = buffer_make(ROOM);
    do_all_of_it(buffer_slice(&notes[LICENSE]), &mail);
    assert_int_equal(mutate_each_bit(buffer_slice(&mail), is_forged, NULL), 0);
    assert_int_equal(mutate_each_truncation(buffer_slice(&mail), is_forged, NULL), 0);
}

static int start(void **state)
{
    (void)state;
    if (!is_ok(secret_start()))
        return -1;
    keys[0] = sample_key("acme.example", 'a');
    keys[1] = sample_key("witness.example", 'w');
    for (size_t i = 0; i < DOCUMENTS; i++) {
        notes[i] = buffer_make(NOTE_MAX);
        if (!is_ok(note_sign(slice_of(documents[i]), (const struct signing_key *const *)keys, 1 + i % 2, &notes[i])))
            return -1;
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCUMENTS; i++)
        buffer_free(&notes[i]);
    for (size_t i = 0; i < 2; i++)
        signing_key_free(keys[i]);
    return 0;
}

static void what_has_become_of_a_text_is_told_where_its_bytes_tell(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"", NULL},
        {"aval license v1\nseats 3\n", "its signature is missing"},
        {"aval license v1\nseats 3\n\n\xe2\x80\x94 acme.example AAAA\n", NULL},
        {"aval license v1\nseats 3\n\n=E2=80=94 acme.example AAA=3D\n", "quoted-printable"},
        {"aval license v1\r\xe2\x80\x94 a b\r", "Macintosh"},
        {"aval license v1\nseats\xc2\xa0"
         "3\n",
         "(U+00A0)"},
        {"aval license v1\nseats\xc2\x9f" /* the last of the old controls, which no mail puts in */
         "3\n",
         "its signature is missing"},
        {"aval license v1\nseats\t3\n", "tabs"},
        {"\xff\xfe"
         "a",
         "UTF-16"},
        {"aval license v1\ncustomer Universit\xe4t\n", "Latin-1"},
        {"\xe4\xe4\xe4", NULL},
        {"YXZhbCBsaWNlbnNlIHYx\n", "base64"},
        {"| aval license v1\n| \xe2\x80\x94 a b\n", "something else than '>'"},
        {"PK\x03\x04", "an archive"},
        {"words of nobody", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[MAILED_CAUSE_SIZE];
        struct reason reason = {.text = ""};
        const char *const cause = mailed_cause(slice_of(cases[i].text), words);
        assert_true(cases[i].words == NULL ? *cause == 0 : strstr(cause, cases[i].words) != NULL);
        assert_int_equal(result_code(mailed_explain(slice_of(cases[i].text), FAIL(NOTE_FORM), &reason)), ERR_NOTE_FORM);
        assert_string_equal(reason.text, cause);
    }
    struct reason reason = {.text = ""};
    assert_int_equal(result_code(mailed_explain(slice_of("PK\x03\x04"), FAIL(SIGNATURE_WRONG), &reason)),
                     ERR_SIGNATURE_WRONG);
    assert_true(is_ok(mailed_explain(slice_of("PK\x03\x04"), RESULT_OK, &reason)));
    assert_string_equal(reason.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_is_gone_back),
        cmocka_unit_test(a_machines_request_is_mended_where_it_is_meant),
        cmocka_unit_test(what_needs_no_mending_is_left_as_it_is),
        cmocka_unit_test(two_documents_are_too_many),
        cmocka_unit_test(what_lacks_something_is_not_made_up),
        cmocka_unit_test(a_note_that_cannot_be_mended_is_left_to_its_reader),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(no_changed_bit_and_no_missing_byte_makes_another_document),
        cmocka_unit_test(what_has_become_of_a_text_is_told_where_its_bytes_tell),
    };
    return cmocka_run_group_tests(tests, start, end);
}
