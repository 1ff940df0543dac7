/* The grammar of documents where a document has more than one version: a field that came later breaks no reader. */
#include "core/form/form.h"

#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What a program knew before, and what it knows now that the second version has brought two fields. */
struct note_of_old {
    char id[NAME_SIZE];
    seconds issued;
};
struct note_of_today {
    unsigned version;
    char id[NAME_SIZE];
    seconds heartbeat;
    seconds issued;
    uint64_t cores;
};

static void old_form(struct form *form, void *document)
{
    struct note_of_old *note = document;
    form_begin(form, "sample");
    form_id(form, "id", note->id);
    form_time(form, "issued", &note->issued);
}

static void today_form(struct form *form, void *document)
{
    struct note_of_today *note = document;
    form_begin_versions(form, "sample", 2, &note->version);
    form_id(form, "id", note->id);
    if (form_since(form, 2))
        form_duration(form, "heartbeat", &note->heartbeat);
    form_time(form, "issued", &note->issued);
    if (form_since(form, 2))
        form_number(form, "cores", &note->cores, 1, 64);
}

/* Where something was and where it is: one key in two places. */
struct note_of_a_move {
    char from[NAME_SIZE];
    seconds moved;
    char to[NAME_SIZE];
};

static void move_form(struct form *form, void *document)
{
    struct note_of_a_move *note = document;
    form_begin(form, "sample");
    form_id(form, "at", note->from);
    form_time(form, "moved", &note->moved);
    form_id(form, "at", note->to);
}

#define FIRST  "aval sample v1\nid a\nissued 2026-07-31T12:00:00Z\n"
#define SECOND "aval sample v2\nid a\nheartbeat 5m\nissued 2026-07-31T12:00:00Z\ncores 8\n"

static RESULT read_today(struct slice text, struct note_of_today *ret_note)
{
    return form_read(text, today_form, ret_note, sizeof *ret_note);
}

static bool accepted_and_canonical(void *context, struct slice mutant)
{
    (void)context;
    struct note_of_today note;
    if (!is_ok(read_today(mutant, &note)))
        return false;
    CLEANUP_BUFFER struct buffer again = buffer_make(DOCUMENT_MAX);
    assert_int_equal(form_write(today_form, &note, &again).bits, 0);
    assert_true(slice_equal(buffer_slice(&again), mutant));
    return true;
}

static void both_versions_are_read_and_written_as_they_were(void **state)
{
    (void)state;
    struct note_of_today note;
    assert_int_equal(read_today(slice_of(FIRST), &note).bits, 0);
    assert_int_equal(note.version, 1);
    assert_int_equal(note.heartbeat, 0);
    assert_int_equal(note.cores, 0);
    assert_int_equal(read_today(slice_of(SECOND), &note).bits, 0);
    assert_int_equal(note.version, 2);
    assert_int_equal(note.heartbeat, 5 * MINUTE);
    assert_int_equal(note.cores, 8);
    assert_true(accepted_and_canonical(NULL, slice_of(FIRST)));
    assert_true(accepted_and_canonical(NULL, slice_of(SECOND)));
}

static void an_older_program_reads_what_is_written_in_its_version(void **state)
{
    (void)state;
    struct note_of_today note;
    struct note_of_old old;
    assert_int_equal(read_today(slice_of(SECOND), &note).bits, 0);
    note.version = 1;
    CLEANUP_BUFFER struct buffer out = buffer_make(DOCUMENT_MAX);
    assert_int_equal(form_write(today_form, &note, &out).bits, 0);
    assert_string_equal(buffer_text(&out), FIRST);
    assert_int_equal(form_read(buffer_slice(&out), old_form, &old, sizeof old).bits, 0);
    assert_int_equal(old.issued, note.issued);
}

static void an_older_program_says_that_the_version_is_the_matter(void **state)
{
    (void)state;
    struct note_of_old old;
    const struct result read = form_read(slice_of(SECOND), old_form, &old, sizeof old);
    assert_int_equal(result_code(read), ERR_DOCUMENT_VERSION);
    assert_int_equal(result_place(read), 1);
}

static const struct {
    const char *what;
    const char *text;
    enum error_code code;
    unsigned line;
} refused[] = {
    {"version 0", "aval sample v0\nid a\nissued 2026-07-31T12:00:00Z\n", ERR_DOCUMENT_VERSION, 1},
    {"a version to come", "aval sample v3\nid a\nissued 2026-07-31T12:00:00Z\n", ERR_DOCUMENT_VERSION, 1},
    {"beyond any number", "aval sample v4294967297\nid a\n", ERR_DOCUMENT_VERSION, 1},
    {"a later field in the first", "aval sample v1\nid a\nheartbeat 5m\nissued 2026-07-31T12:00:00Z\n",
     ERR_DOCUMENT_UNKNOWN_KEY, 3},
    {"a later field behind the first", FIRST "cores 8\n", ERR_DOCUMENT_UNKNOWN_KEY, 4},
    {"the second without its field", "aval sample v2\nid a\nissued 2026-07-31T12:00:00Z\ncores 8\n",
     ERR_DOCUMENT_MISSING_KEY, 3},
    {"the second in another order", "aval sample v2\nid a\nissued 2026-07-31T12:00:00Z\nheartbeat 5m\ncores 8\n",
     ERR_DOCUMENT_ORDER, 3},
    {"cut off behind a known version", "aval sample v2", ERR_TEXT_TRUNCATED, 1},
    {"cut off behind one to come", "aval sample v3", ERR_DOCUMENT_VERSION, 1},
    {"cut off before the version", "aval sample v", ERR_TEXT_TRUNCATED, 1},
};

static void a_version_has_its_own_fields_and_no_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct note_of_today note;
        const struct result read = read_today(slice_of(refused[i].text), &note);
        if (result_code(read) != refused[i].code || result_place(read) != refused[i].line)
            fail_msg("%s: %s, line %u", refused[i].what, error_info(result_code(read))->name, result_place(read));
    }
}

static void a_version_that_does_not_exist_is_not_written(void **state)
{
    (void)state;
    static const unsigned versions[] = {0, 3};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        const struct note_of_today note = {.version = versions[i], .id = "a", .cores = 1};
        CLEANUP_BUFFER struct buffer out = buffer_make(DOCUMENT_MAX);
        const struct result written = form_write(today_form, &note, &out);
        assert_int_equal(result_code(written), ERR_DOCUMENT_VERSION);
        assert_int_equal(result_place(written), 1);
        assert_int_equal(out.size, 0);
    }
}

static void no_changed_document_has_two_spellings(void **state)
{
    (void)state;
    mutate_each_bit(slice_of(FIRST), accepted_and_canonical, NULL);
    mutate_each_bit(slice_of(SECOND), accepted_and_canonical, NULL);
    assert_int_equal(mutate_each_truncation(slice_of(FIRST), accepted_and_canonical, NULL), 0);
    assert_int_equal(mutate_each_truncation(slice_of(SECOND), accepted_and_canonical, NULL), 0);
}

static void a_key_of_two_places_may_stand_twice(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        enum error_code code;
        unsigned line;
    } cases[] = {
        {"at a\nmoved 2026-07-31T12:00:00Z\nat b\n", OK, 0},
        {"at a\nat b\nmoved 2026-07-31T12:00:00Z\n", ERR_DOCUMENT_ORDER, 3},
        {"at a\nat b\n", ERR_DOCUMENT_MISSING_KEY, 3},
        {"at a\nmoved 2026-07-31T12:00:00Z\nmoved 2026-07-31T12:00:00Z\nat b\n", ERR_DOCUMENT_DUPLICATE_KEY, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct note_of_a_move note;
        CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
        buffer_printf(&text, "aval sample v1\n%s", cases[i].lines);
        const struct result read = form_read(buffer_slice(&text), move_form, &note, sizeof note);
        assert_int_equal(result_code(read), cases[i].code);
        assert_int_equal(result_place(read), cases[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_versions_are_read_and_written_as_they_were),
        cmocka_unit_test(an_older_program_reads_what_is_written_in_its_version),
        cmocka_unit_test(an_older_program_says_that_the_version_is_the_matter),
        cmocka_unit_test(a_version_has_its_own_fields_and_no_others),
        cmocka_unit_test(a_version_that_does_not_exist_is_not_written),
        cmocka_unit_test(no_changed_document_has_two_spellings),
        cmocka_unit_test(a_key_of_two_places_may_stand_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
