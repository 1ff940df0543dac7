/* The desk's record: what goes in comes out in order, and what could not leave is taken back. */
#include "desk/adopt.h"

#include "base/secret.h"
#include "temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t SEED[SEED_SIZE] = {7};

struct fixture {
    char folder[TEMPORARY_SIZE];
    struct signing_key *key;
    struct desk *desk;
};

static int make_desk(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    if (fixture == NULL)
        return -1;
    if (!temporary_folder(fixture->folder, "desk") || !is_ok(secret_start()) ||
        !is_ok(signing_key_make(slice_of("acme.example"), SEED, &fixture->key)) ||
        !is_ok(desk_create(fixture->folder, signing_key_verifier(fixture->key), slice_of("secret\n"), NULL)) ||
        !is_ok(desk_open(fixture->folder, true, &fixture->desk, NULL)))
        return -1;
    return 0;
}

static int remove_desk(void **state)
{
    struct fixture *fixture = *state;
    desk_free(fixture->desk);
    signing_key_free(fixture->key);
    const bool removed = temporary_remove(fixture->folder);
    free(fixture);
    return removed ? 0 : -1;
}

static RESULT sign(const struct fixture *fixture, const struct buffer *text, struct buffer *note)
{
    const struct signing_key *const keys[] = {fixture->key};
    return note_sign(buffer_slice(text), keys, 1, note);
}

static void add_product(const struct fixture *fixture, const char *id, const char *title)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct product product = {.vendor = "acme.example", .vendor_key_count = 1, .edition_count = 1};
    (void)snprintf(product.product, sizeof product.product, "%s", id);
    (void)snprintf(product.title, sizeof product.title, "%s", title);
    product.vendor_keys[0] = *signing_key_verifier(fixture->key);
    strcpy(product.editions[0].id, "pro");
    strcpy(product.editions[0].title, "Pro");
    product.editions[0].key = product_key_generic("acme.example", id, "pro");
    assert_true(is_ok(product_write(&product, &text)));
    assert_true(is_ok(sign(fixture, &text, &note)));
    assert_true(is_ok(desk_add_product(fixture->desk, &product, buffer_slice(&note), NULL)));
}

/* Finds by the desk's key, naming that one; its title. */
static RESULT find_by(const struct fixture *fixture, const struct signing_key *signer, const struct signing_key *named,
                      char title[static TEXT_SIZE])
{
    struct product product;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(desk_product_by(fixture->desk, signing_key_verifier(signer), signing_key_verifier(named), &product, &note,
                        NULL));
    strcpy(title, product.title);
    return product_open(buffer_slice(&note), signing_key_verifier(signer), 1, &product);
}

static RESULT add_revocations(const struct fixture *fixture, uint64_t sequence)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    static struct revocations revocations; /* large */
    revocations = (struct revocations){.vendor = "acme.example", .sequence = sequence};
    assert_true(is_ok(revocations_write(&revocations, &text)));
    assert_true(is_ok(sign(fixture, &text, &note)));
    return desk_add_revocations(fixture->desk, &revocations, buffer_slice(&note), NULL);
}

/* Takes revocations of one license back that the key signed. */
static RESULT adopt_revocations(const struct fixture *fixture, const struct signing_key *key, uint64_t sequence,
                                const char *license, struct adoption *ret_adoption)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    static struct revocations revocations; /* large */
    revocations = (struct revocations){.vendor = "acme.example", .sequence = sequence, .license_count = 1};
    strcpy(revocations.licenses[0], license);
    assert_true(is_ok(revocations_write(&revocations, &text)));
    assert_true(is_ok(note_sign(buffer_slice(&text), &key, 1, &note)));
    return desk_adopt(fixture->desk, buffer_slice(&note), ret_adoption, NULL);
}

/* How many licenses are revoked; whether one list holds them all. */
static size_t revoked(const struct fixture *fixture, bool *ret_in_one)
{
    CLEANUP_REVOCATIONS struct revocations *revocations = NULL;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_true(is_ok(desk_find_revocations(fixture->desk, &revocations, &note, NULL)));
    *ret_in_one = note.size > 0;
    return revocations->license_count;
}

static uint64_t newest_sequence(const struct fixture *fixture)
{
    CLEANUP_REVOCATIONS struct revocations *revocations = NULL;
    assert_true(is_ok(desk_find_revocations(fixture->desk, &revocations, NULL, NULL)));
    return revocations->sequence;
}

static void lists_taken_back_count_beside_those_that_were_signed_here(void **state)
{
    const struct fixture *fixture = *state;
    struct adoption adoption;
    bool in_one = false;
    assert_true(is_ok(adopt_revocations(fixture, fixture->key, 1, "l-1", &adoption)));
    assert_true(is_ok(add_revocations(fixture, 2)));
    assert_int_equal(revoked(fixture, &in_one), 0);
    assert_true(in_one); /* what is signed here holds all before it: the desk's own word */
    assert_true(is_ok(adopt_revocations(fixture, fixture->key, 10, "l-10", &adoption)));
    assert_true(adoption.is_newest && !adoption.known_already);
    assert_int_equal(newest_sequence(fixture), 10);
    assert_int_equal(revoked(fixture, &in_one), 1);
    assert_true(is_ok(add_revocations(fixture, 11)));
    assert_true(is_ok(adopt_revocations(fixture, fixture->key, 12, "l-12", &adoption)));
    assert_int_equal(newest_sequence(fixture), 12);
}

static void a_list_that_contradicts_the_record_is_not_taken_back(void **state)
{
    const struct fixture *fixture = *state;
    struct adoption adoption;
    const uint8_t seed[SEED_SIZE] = {8};
    CLEANUP_SIGNING_KEY struct signing_key *other = NULL;
    assert_true(is_ok(signing_key_make(slice_of("acme.example"), seed, &other)));
    assert_true(is_ok(adopt_revocations(fixture, fixture->key, 7, "l-1", &adoption)));
    assert_true(is_ok(adopt_revocations(fixture, fixture->key, 7, "l-1", &adoption)));
    assert_true(adoption.known_already);
    assert_int_equal(result_code(adopt_revocations(fixture, fixture->key, 7, "l-2", &adoption)), ERR_FILE_EXISTS);
    assert_int_equal(result_code(adopt_revocations(fixture, fixture->key, 6, "l-2", &adoption)), ERR_REVOCATIONS_OLDER);
    assert_true(is_ok(adopt_revocations(fixture, fixture->key, 6, "l-1", &adoption)));
    assert_true(adoption.known_already);
    assert_int_equal(result_code(adopt_revocations(fixture, other, 8, "l-1", &adoption)), ERR_SIGNER_UNKNOWN);
    assert_int_equal(newest_sequence(fixture), 7);
    assert_int_equal(result_code(desk_adopt(fixture->desk, slice_of("no document"), &adoption, NULL)),
                     ERR_DOCUMENT_TYPE);
}

static RESULT append_title(void *context, const struct product *product)
{
    buffer_printf(context, "%s ", product->title);
    return RESULT_OK;
}

static void each_product_is_listed_once_as_defined_last(void **state)
{
    const struct fixture *fixture = *state;
    CLEANUP_BUFFER struct buffer titles = buffer_make(1024);
    add_product(fixture, "studio", "S1");
    add_product(fixture, "office", "O1");
    add_product(fixture, "studio", "S2");
    assert_true(is_ok(desk_each_product(fixture->desk, append_title, &titles, NULL)));
    assert_string_equal(buffer_text(&titles), "O1 S2 ");
}

static void the_last_document_by_a_key_that_names_another_is_found(void **state)
{
    const struct fixture *fixture = *state;
    const uint8_t seed[SEED_SIZE] = {8};
    char title[TEXT_SIZE];
    CLEANUP_SIGNING_KEY struct signing_key *other = NULL;
    assert_true(is_ok(signing_key_make(slice_of("acme.example"), seed, &other)));
    assert_int_equal(result_code(find_by(fixture, fixture->key, fixture->key, title)), ERR_NOT_FOUND);
    add_product(fixture, "studio", "S1");
    add_product(fixture, "office", "O1");
    assert_true(is_ok(find_by(fixture, fixture->key, fixture->key, title)));
    assert_string_equal(title, "O1");
    assert_int_equal(result_code(find_by(fixture, fixture->key, other, title)), ERR_NOT_FOUND);
    assert_int_equal(result_code(find_by(fixture, other, fixture->key, title)), ERR_NOT_FOUND);
}

static void a_product_that_is_not_there_is_not_found(void **state)
{
    const struct fixture *fixture = *state;
    struct product product;
    assert_int_equal(result_code(desk_find_product(fixture->desk, "studio", &product, NULL)), ERR_NOT_FOUND);
    add_product(fixture, "studio", "S1");
    assert_true(is_ok(desk_find_product(fixture->desk, "studio", &product, NULL)));
}

static void what_was_added_last_can_be_taken_back(void **state)
{
    const struct fixture *fixture = *state;
    CLEANUP_BUFFER struct buffer titles = buffer_make(1024);
    add_product(fixture, "studio", "S1");
    add_product(fixture, "studio", "S2");
    assert_true(is_ok(desk_take_back(fixture->desk, NULL)));
    assert_true(is_ok(desk_each_product(fixture->desk, append_title, &titles, NULL)));
    assert_string_equal(buffer_text(&titles), "S1 ");
}

static void a_sequence_of_revocations_is_used_once(void **state)
{
    const struct fixture *fixture = *state;
    assert_int_equal(newest_sequence(fixture), 0);
    assert_true(is_ok(add_revocations(fixture, 1)));
    assert_int_equal(result_code(add_revocations(fixture, 1)), ERR_LOCKED);
    assert_true(is_ok(add_revocations(fixture, 2)));
    assert_int_equal(newest_sequence(fixture), 2);
}

static void a_second_desk_is_not_made_over_the_first(void **state)
{
    const struct fixture *fixture = *state;
    const struct verifier_key *key = signing_key_verifier(fixture->key);
    assert_int_equal(result_code(desk_create(fixture->folder, key, slice_of("other\n"), NULL)), ERR_FILE_EXISTS);
    assert_true(file_exists(desk_key_path(fixture->desk)));
}

static void a_desk_opened_for_reading_cannot_be_written(void **state)
{
    struct fixture *fixture = *state;
    desk_free(fixture->desk);
    fixture->desk = NULL;
    assert_true(is_ok(desk_open(fixture->folder, false, &fixture->desk, NULL)));
    struct reason reason = {.text = ""};
    const struct product product = {.product = "studio"};
    assert_int_equal(result_code(desk_add_product(fixture->desk, &product, slice_of("note"), &reason)),
                     ERR_STORE_FAILED);
    assert_string_equal(reason.text, "attempt to write a readonly database (SQLite 8)");
}

#define DESK_TEST(test) cmocka_unit_test_setup_teardown(test, make_desk, remove_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(each_product_is_listed_once_as_defined_last),
        DESK_TEST(lists_taken_back_count_beside_those_that_were_signed_here),
        DESK_TEST(a_list_that_contradicts_the_record_is_not_taken_back),
        DESK_TEST(the_last_document_by_a_key_that_names_another_is_found),
        DESK_TEST(a_product_that_is_not_there_is_not_found),
        DESK_TEST(what_was_added_last_can_be_taken_back),
        DESK_TEST(a_sequence_of_revocations_is_used_once),
        DESK_TEST(a_second_desk_is_not_made_over_the_first),
        DESK_TEST(a_desk_opened_for_reading_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
