/* Files of the state folder that cannot be read, cannot be written or are not what was written: the failure names the
 * file, nothing is stored by halves, and what is put right works again. */
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void activate(aval_machine *machine)
{
    if (aval_activate(machine, NULL, NULL) != AVAL_OK)
        fail_msg("%s", aval_last_message(machine));
}

static void what_cannot_be_read_is_named(void **state)
{
    static const char *const files[] = {
        "one/machines/acme.example", IN "product", IN "vendor-key", IN "key", IN "first-run", IN "number"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_status status = {.size = sizeof status};
    activate(machine);
    world_status(machine);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
        world_read(world, files[i], &whole);
        world_put_folder(world, files[i]);
        assert_int_equal(aval_status(machine, NULL, &status), AVAL_FILE_READ);
        assert_named(world, machine, files[i], ": Is a directory: ", ERR_FILE_READ);
        assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_FILE_READ);
        assert_named(world, machine, files[i], ": Is a directory: ", ERR_FILE_READ);
        assert_int_equal(aval_release(machine, NULL, NULL), AVAL_FILE_READ);
        assert_named(world, machine, files[i], ": Is a directory: ", ERR_FILE_READ);
        world_take_folder(world, files[i]);
        world_write(world, files[i], buffer_slice(&whole));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

static void what_of_a_lease_cannot_be_read_is_named_where_it_is_given_back(void **state)
{
    static const char *const files[] = {IN "lease.tlog-proof", IN "license", IN "lease.host"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
        world_read(world, files[i], &whole);
        world_put_folder(world, files[i]);
        assert_int_equal(world_status(machine).code, AVAL_FILE_READ);
        assert_int_equal(world_status(machine).state, AVAL_UNLICENSED);
        assert_int_equal(aval_release(machine, NULL, NULL), AVAL_FILE_READ);
        assert_named(world, machine, files[i], ": Is a directory: ", ERR_FILE_READ);
        world_take_folder(world, files[i]);
        world_write(world, files[i], buffer_slice(&whole));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

/* As if it had never asked anybody. */
static void a_lease_of_a_machine_that_is_not_known_any_more_is_none(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    world_status(machine);
    activate(machine);
    world_path(world, "one/machines/acme.example", path);
    assert_true(is_ok(file_remove(path, NULL)));
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    assert_int_equal(world_status(machine).state, AVAL_GRACE);
    assert_string_equal(world_status(machine).machine_id, "");
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_NO_LEASE);
}

static int count_product(void *context, const char *product)
{
    (void)product;
    (*(int *)context)++;
    return 0;
}

/* It was there, or could be made, when the machine was opened. */
static void a_folder_that_cannot_be_read_any_more_is_named(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_open(world, "one", "one");
    struct aval_status status = {.size = sizeof status};
    size_t pieces = 0;
    int products = 0;
    const char *host = HOST;
    world_write(world, "one", slice_of("no folder\n"));
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_FILE_READ);
    assert_named(world, machine, "one", ": Not a directory: ", ERR_FILE_READ);
    assert_int_equal(aval_status(machine, PRODUCT, &status), AVAL_FILE_READ);
    assert_int_equal(aval_products(machine, count_product, &products), AVAL_FILE_READ);
    assert_named(world, machine, "one", ": Not a directory: ", ERR_FILE_READ);
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_FILE_READ);
    assert_named(world, machine, "one", ": Not a directory: ", ERR_FILE_READ);
    assert_int_equal(aval_hosts_set(machine, &host, 1), AVAL_FILE_WRITE);
    assert_named(world, machine, "one", ": Not a directory: ", ERR_FILE_WRITE);
    assert_int_equal(products, 0);
}

/* What another call only remembers must not end it. */
static void what_is_only_remembered_stops_nobody(void **state)
{
    static const char *const files[] = {IN "last-answer", IN "revocations"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        world_put_folder(world, files[i]);
        activate(machine);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        world_take_folder(world, files[i]);
    }
}

/* Each file of a lease by itself: the activation fails and says where, and the next one stores everything. */
static void what_of_a_lease_cannot_be_written_is_named(void **state)
{
    static const char *const files[] = {
        IN "next.license", IN "next.host", IN "license", IN "lease.host", IN "release", "one/" CHECKPOINT_IN,
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    char words[2 * PATH_SIZE];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct aval_report report = {.size = sizeof report};
        const bool is_read = i >= 5; /* before anything is asked: what was seen of that ledger? */
        const enum error_code code = is_read ? ERR_FILE_READ : ERR_FILE_WRITE;
        world_put_folder(world, files[i]);
        world_path(world, files[i], path);
        assert_int_equal(aval_activate(machine, NULL, &report), code);
        assert_message(aval_last_message(machine), HOST ": ", code);
        assert_int_equal(report.attempt_count, 1);
        assert_int_equal(report.attempts[0].code, code);
        snprintf(words, sizeof words, "%s: Is a directory: ", path);
        assert_message(report.attempts[0].message, words, code);
        world_take_folder(world, files[i]);
        activate(machine);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        for (size_t file = 0; file < 2; file++)
            assert_false(world_has(world, files[file]));
    }
}

static void what_is_set_up_and_cannot_be_written_is_named(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const char *host = HOST;
    const struct product_key installed = product_key_generic("acme.example", "studio", "pro");
    const struct product_key other = product_key_generic("acme.example", "studio", "edu");
    char key[PRODUCT_KEY_TEXT_SIZE];
    char other_key[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&installed, key);
    product_key_write(&other, other_key);
    world_put_folder(world, "one/hosts");
    assert_int_equal(aval_hosts_set(machine, &host, 1), AVAL_FILE_WRITE);
    assert_named(world, machine, "one/hosts", ": Is a directory: ", ERR_FILE_WRITE);
    assert_int_equal(aval_hosts_set(machine, NULL, 0), AVAL_FILE_WRITE);
    assert_named(world, machine, "one/hosts", ": Is a directory: ", ERR_FILE_WRITE);
    assert_null(aval_host(machine, 0));
    assert_named(world, machine, "one/hosts", ": Is a directory: ", ERR_FILE_READ);
    world_take_folder(world, "one/hosts");

    world_put_folder(world, "one/lock");
    assert_int_equal(aval_hosts_set(machine, &host, 1), AVAL_FILE_WRITE);
    assert_int_equal(aval_key_install(machine, other_key), AVAL_FILE_WRITE);
    assert_named(world, machine, "one/lock", ": Is a directory: ", ERR_FILE_WRITE);
    assert_int_equal(aval_key_install(machine, key), AVAL_OK); /* where nothing changes, nothing is locked */
    assert_int_equal(aval_key_remove(machine, key + strlen(key) - 5), AVAL_FILE_WRITE);
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_FILE_WRITE);
    assert_named(world, machine, "one/lock", ": Is a directory: ", ERR_FILE_WRITE);
    world_take_folder(world, "one/lock");
    world_hosts(machine, HOST, NULL, NULL);
    activate(machine);
}

static int install(const struct world *world, aval_machine *machine, seconds issued)
{
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    CLEANUP_BUFFER struct buffer document = buffer_make(NOTE_MAX);
    network_product(&world->network, issued, &document);
    verifier_key_write(signing_key_verifier(world->network.vendor), vendor_key);
    return aval_product_install(machine, (const char *)document.data, document.size, vendor_key);
}

/* Product and vendor's key are two files; where one of them cannot be written the product is not installed. */
static void a_product_that_cannot_be_written_is_named(void **state)
{
    static const char *const files[] = {IN "vendor-key", IN "product"};
    struct world *world = *state;
    aval_machine *machine = world_open(world, "one", "one");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        world_put_folder(world, files[i]);
        assert_int_equal(install(world, machine, NOW), AVAL_FILE_WRITE);
        assert_named(world, machine, files[i], ": Is a directory: ", ERR_FILE_WRITE);
        world_take_folder(world, files[i]);
    }
    assert_int_equal(install(world, machine, NOW), AVAL_OK);
}

/* The lease goes first, since without it nothing beside it is one; the key goes last, so that the next try finds it. */
static void a_key_and_its_lease_that_cannot_be_removed_are_named(void **state)
{
    static const char *const files[] = {
        IN "lease.tlog-proof", IN "license", IN "lease.host", IN "release", IN "next.license", IN "next.host",
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    char suffix[6];
    memcpy(suffix, world_status(machine).key_suffix, sizeof suffix);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        world_put_folder(world, files[i]);
        assert_int_equal(aval_key_remove(machine, suffix), AVAL_FILE_WRITE);
        assert_named(world, machine, files[i], ": Is a directory: ", ERR_FILE_WRITE);
        assert_true(world_has(world, IN "key"));
        for (size_t gone = 0; gone < i; gone++)
            assert_false(world_has(world, files[gone]));
        world_take_folder(world, files[i]);
    }
    assert_int_equal(aval_key_remove(machine, suffix), AVAL_OK);
    assert_false(world_has(world, IN "key"));
}

static void what_is_not_what_was_written_is_named_with_its_line(void **state)
{
    static const struct {
        const char *file;
        const char *text;
        const char *words;
    } rows[] = {
        {IN "product", "spoiled\n", " (note-form): "},
        {IN "vendor-key", "spoiled\n", " (key-form): "},
        {"one/hosts", "aval hosts v1\nhost a:1\nhost b\n", ": line 3: "},
        {"one/hosts", "aval hosts v1\nhost a:1\nhost a:1\n", ": line 3: "},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
        world_read(world, rows[i].file, &whole);
        world_write(world, rows[i].file, slice_of(rows[i].text));
        assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_STATE_BROKEN);
        assert_named(world, machine, rows[i].file, rows[i].words, ERR_STATE_BROKEN);
        world_write(world, rows[i].file, buffer_slice(&whole));
    }
    world_write(world, "one/hosts", slice_of("aval hosts v1\nhost b\n"));
    assert_null(aval_host(machine, 0));
    assert_named(world, machine, "one/hosts", ": line 2: ", ERR_STATE_BROKEN);
}

/* Who gave the lease is where it is given back: nobody is asked on the word of a record that is damaged. */
static void a_lease_is_not_given_back_by_a_damaged_record_of_who_gave_it(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"", ": "},
        {"aval hosts v1\n", ": "},
        {"aval hosts v1\nhost " HOST, ": line 2: "},
        {"aval hosts v1\nhost KMS.uni.example:8216\n", ": line 2: "},
        {"aval hosts v1\nhost kms.uni.example\n", ": line 2: "},
        {"aval hosts v1\nhost " HOST "\nhost other.example:8216\n", ": "},
        {"aval hosts v1\nhost " HOST "\nx-note more\n", ": line 3: "},
        {"aval hosts v2\nhost " HOST "\n", ": line 1: "},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    const size_t asked = world->network.path_count;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_write(world, IN "lease.host", slice_of(rows[i].text));
        assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
        assert_int_equal(aval_release(machine, NULL, NULL), AVAL_STATE_BROKEN);
        assert_named(world, machine, IN "lease.host", rows[i].words, ERR_STATE_BROKEN);
    }
    assert_int_equal(world->network.path_count, asked);
    /* The writer of a lease that was interrupted has left the same beside it, whole. */
    world_copy(world, IN "license", IN "next.license");
    world_write(world, IN "next.host", slice_of("aval hosts v1\nhost " HOST "\n"));
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_false(world_has(world, IN "next.host"));
}

static void what_of_a_lease_is_gone_or_has_lost_its_form_is_named(void **state)
{
    static const struct {
        const char *file;
        const char *text; /* NULL: gone */
        const char *words;
    } rows[] = {
        {IN "license", NULL, ": "},
        {IN "lease.host", NULL, ": "},
        {IN "lease.tlog-proof", "spoiled\n", ": line 1: "},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
        char path[PATH_SIZE];
        world_path(world, rows[i].file, path);
        world_read(world, rows[i].file, &whole);
        if (rows[i].text == NULL)
            assert_true(is_ok(file_remove(path, NULL)));
        else
            world_write(world, rows[i].file, slice_of(rows[i].text));
        assert_int_equal(aval_release(machine, NULL, NULL), AVAL_STATE_BROKEN);
        assert_named(world, machine, rows[i].file, rows[i].words, ERR_STATE_BROKEN);
        world_write(world, rows[i].file, buffer_slice(&whole));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

/* Words of an earlier failure, of this call or of one before, are not taken for those of a later one. */
static void a_failure_has_its_own_words(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_status status = {.size = sizeof status};
    world_put_folder(world, IN "first-run");
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_FILE_READ);
    world_take_folder(world, IN "first-run");
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_NO_LEASE);
    assert_message(aval_last_message(machine), "", ERR_NO_LEASE);
    world_put_folder(world, IN "last-answer");
    world_write(world, "one/machine", slice_of("spoiled\n"));
    world_write(world, IN "key", slice_of("spoiled\n"));
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_STATE_BROKEN);
    assert_message(aval_last_message(machine), "", ERR_STATE_BROKEN);
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_OK);
    assert_string_equal(aval_last_message(machine), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(what_cannot_be_read_is_named),
        TEST(what_of_a_lease_cannot_be_read_is_named_where_it_is_given_back),
        TEST(a_lease_of_a_machine_that_is_not_known_any_more_is_none),
        TEST(a_folder_that_cannot_be_read_any_more_is_named),
        TEST(what_is_only_remembered_stops_nobody),
        TEST(what_of_a_lease_cannot_be_written_is_named),
        TEST(what_is_set_up_and_cannot_be_written_is_named),
        TEST(a_product_that_cannot_be_written_is_named),
        TEST(a_key_and_its_lease_that_cannot_be_removed_are_named),
        TEST(what_is_not_what_was_written_is_named_with_its_line),
        TEST(a_lease_is_not_given_back_by_a_damaged_record_of_who_gave_it),
        TEST(what_of_a_lease_is_gone_or_has_lost_its_form_is_named),
        TEST(a_failure_has_its_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
