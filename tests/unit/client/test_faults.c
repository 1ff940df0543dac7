/* Files of the state folder that cannot be read, cannot be written or are not what was written: the failure names the
 * file, nothing is stored by halves, and what is put right works again. */
#include "world.h"

#include "machine/identity.h"
#include "state/installation.h"
#include "state/lease_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void activate(aval_machine *machine)
{
    if (aval_activate(machine, NULL, NULL) != AVAL_OK)
        fail_msg("%s", aval_last_message(machine));
}

static void path_of(const struct world *world, const char *file, char ret_path[static PATH_SIZE])
{
    assert_true(is_ok(path_join(ret_path, world->root, file)));
}

/* A folder in the place of a file can be neither read nor replaced, whoever asks. */
static void put_folder(const struct world *world, const char *file)
{
    char path[PATH_SIZE];
    path_of(world, file, path);
    assert_true(is_ok(file_remove(path, NULL)));
    assert_true(is_ok(folder_make(path, 0700, NULL)));
}

static void take_folder(const struct world *world, const char *file)
{
    char path[PATH_SIZE];
    path_of(world, file, path);
    assert_int_equal(rmdir(path), 0);
}

/* The message: the words, and the sentence of the table. */
static void assert_message(const char *message, const char *words, enum error_code code)
{
    char expected[2 * PATH_SIZE + AVAL_MESSAGE_SIZE];
    snprintf(expected, sizeof expected, "%s%s", words, error_info(code)->sentence);
    assert_string_equal(message, expected);
}

static void assert_names(const struct world *world, aval_machine *machine, const char *file, const char *words,
                         enum error_code code)
{
    char expected[AVAL_MESSAGE_SIZE];
    char path[PATH_SIZE];
    path_of(world, file, path);
    snprintf(expected, sizeof expected, "%.300s%s", path, words);
    assert_message(aval_last_message(machine), expected, code);
}

#define IN "one/" LEASE_IN

static void what_cannot_be_read_is_named(void **state)
{
    static const char *const files[] = {"one/machine", IN "product", IN "vendor-key", IN "key", IN "first-run"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_status status = {.size = sizeof status};
    activate(machine);
    world_status(machine);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
        world_read(world, files[i], &whole);
        put_folder(world, files[i]);
        assert_int_equal(aval_status(machine, NULL, &status), AVAL_FILE_READ);
        assert_names(world, machine, files[i], ": Is a directory: ", ERR_FILE_READ);
        assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_FILE_READ);
        assert_names(world, machine, files[i], ": Is a directory: ", ERR_FILE_READ);
        assert_int_equal(aval_release(machine, NULL, NULL), AVAL_FILE_READ);
        assert_names(world, machine, files[i], ": Is a directory: ", ERR_FILE_READ);
        take_folder(world, files[i]);
        world_write(world, files[i], buffer_slice(&whole));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

static void what_of_a_lease_cannot_be_read_is_named_where_it_is_given_back(void **state)
{
    static const char *const files[] = {IN "lease.tlog-proof", IN "license", IN "lease.request", IN "lease.host"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
        world_read(world, files[i], &whole);
        put_folder(world, files[i]);
        assert_int_equal(world_status(machine).code, AVAL_FILE_READ);
        assert_int_equal(world_status(machine).state, AVAL_UNLICENSED);
        assert_int_equal(aval_release(machine, NULL, NULL), AVAL_FILE_READ);
        assert_names(world, machine, files[i], ": Is a directory: ", ERR_FILE_READ);
        take_folder(world, files[i]);
        world_write(world, files[i], buffer_slice(&whole));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

/* What another call only remembers must not end it. */
static void what_is_only_remembered_stops_nobody(void **state)
{
    static const char *const files[] = {IN "last-answer", IN "revocations"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        put_folder(world, files[i]);
        activate(machine);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        take_folder(world, files[i]);
    }
}

/* Each file of a lease by itself: the activation fails and says where, and the next one stores everything. */
static void what_of_a_lease_cannot_be_written_is_named(void **state)
{
    static const char *const files[] = {
        IN "next.license",
        IN "next.request",
        IN "next.host",
        IN "license",
        IN "lease.request",
        IN "lease.host",
        IN "checkpoints/kms.uni.example",
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    char words[2 * PATH_SIZE];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct aval_report report = {.size = sizeof report};
        const bool is_read = i == 6; /* before the lease is stored: which checkpoint of that ledger is known? */
        const enum error_code code = is_read ? ERR_FILE_READ : ERR_FILE_WRITE;
        put_folder(world, files[i]);
        path_of(world, files[i], path);
        assert_int_equal(aval_activate(machine, NULL, &report), code);
        assert_message(aval_last_message(machine), HOST ": ", code);
        assert_int_equal(report.attempt_count, 1);
        assert_int_equal(report.attempts[0].code, code);
        snprintf(words, sizeof words, "%s: Is a directory: ", path);
        assert_message(report.attempts[0].message, words, code);
        take_folder(world, files[i]);
        activate(machine);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        for (size_t file = 0; file < 3; file++)
            assert_false(world_has(world, files[file]));
    }
}

static void what_is_set_up_and_cannot_be_written_is_named(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const char *host = HOST;
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    char key[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&generic, key);
    put_folder(world, "one/hosts");
    assert_int_equal(aval_hosts_set(machine, &host, 1), AVAL_FILE_WRITE);
    assert_names(world, machine, "one/hosts", ": Is a directory: ", ERR_FILE_WRITE);
    assert_int_equal(aval_hosts_set(machine, NULL, 0), AVAL_FILE_WRITE);
    assert_names(world, machine, "one/hosts", ": Is a directory: ", ERR_FILE_WRITE);
    assert_null(aval_host(machine, 0));
    assert_names(world, machine, "one/hosts", ": Is a directory: ", ERR_FILE_READ);
    take_folder(world, "one/hosts");

    put_folder(world, "one/lock");
    assert_int_equal(aval_hosts_set(machine, &host, 1), AVAL_FILE_WRITE);
    assert_int_equal(aval_key_install(machine, key), AVAL_FILE_WRITE);
    assert_names(world, machine, "one/lock", ": Is a directory: ", ERR_FILE_WRITE);
    assert_int_equal(aval_key_remove(machine, key + strlen(key) - 5), AVAL_FILE_WRITE);
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_FILE_WRITE);
    assert_names(world, machine, "one/lock", ": Is a directory: ", ERR_FILE_WRITE);
    take_folder(world, "one/lock");
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
        put_folder(world, files[i]);
        assert_int_equal(install(world, machine, NOW), AVAL_FILE_WRITE);
        assert_names(world, machine, files[i], ": Is a directory: ", ERR_FILE_WRITE);
        take_folder(world, files[i]);
    }
    assert_int_equal(install(world, machine, NOW), AVAL_OK);
}

static void a_key_and_its_lease_that_cannot_be_removed_are_named(void **state)
{
    static const char *const files[] = {
        IN "key", IN "lease.request", IN "lease.host", IN "next.license", IN "next.request", IN "next.host",
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    char suffix[6];
    memcpy(suffix, world_status(machine).key_suffix, sizeof suffix);
    for (size_t i = 1; i < sizeof files / sizeof *files; i++) {
        put_folder(world, files[i]);
        assert_int_equal(aval_key_remove(machine, suffix), AVAL_FILE_WRITE);
        assert_names(world, machine, files[i], ": Is a directory: ", ERR_FILE_WRITE);
        assert_true(world_has(world, IN "key"));
        assert_false(world_has(world, IN "lease.tlog-proof")); /* what a lease is without is no lease */
        take_folder(world, files[i]);
    }
    assert_int_equal(aval_key_remove(machine, suffix), AVAL_OK);
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
        assert_names(world, machine, rows[i].file, rows[i].words, ERR_STATE_BROKEN);
        world_write(world, rows[i].file, buffer_slice(&whole));
    }
    world_write(world, "one/hosts", slice_of("aval hosts v1\nhost b\n"));
    assert_null(aval_host(machine, 0));
    assert_names(world, machine, "one/hosts", ": line 2: ", ERR_STATE_BROKEN);
}

/* Who gave the lease is where it is given back: nobody is asked on the word of a record that is damaged. */
static void a_lease_is_not_given_back_by_a_damaged_record_of_who_gave_it(void **state)
{
    static const char *const texts[] = {
        "",
        "aval hosts v1\n",
        "aval hosts v1\nhost " HOST,
        "aval hosts v1\nhost KMS.uni.example:8216\n",
        "aval hosts v1\nhost kms.uni.example\n",
        "aval hosts v1\nhost " HOST "\nhost other.example:8216\n",
        "aval hosts v1\nhost " HOST "\nx-note more\n",
        "aval hosts v2\nhost " HOST "\n",
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    const size_t asked = world->network.path_count;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        world_write(world, IN "lease.host", slice_of(texts[i]));
        assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
        assert_int_equal(aval_release(machine, NULL, NULL), AVAL_STATE_BROKEN);
        assert_message(aval_last_message(machine), "", ERR_STATE_BROKEN);
    }
    assert_int_equal(world->network.path_count, asked);
    /* The writer of a lease that was interrupted has left the same beside it, whole. */
    world_copy(world, IN "license", IN "next.license");
    world_copy(world, IN "lease.request", IN "next.request");
    world_write(world, IN "next.host", slice_of("aval hosts v1\nhost " HOST "\n"));
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_false(world_has(world, IN "next.host"));
}

/* Words of an earlier failure, of this call or of one before, are not taken for those of a later one. */
static void a_failure_has_its_own_words(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_status status = {.size = sizeof status};
    put_folder(world, IN "first-run");
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_FILE_READ);
    take_folder(world, IN "first-run");
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_NO_LEASE);
    assert_message(aval_last_message(machine), "", ERR_NO_LEASE);
    put_folder(world, IN "last-answer");
    world_write(world, "one/machine", slice_of("spoiled\n"));
    world_write(world, IN "key", slice_of("spoiled\n"));
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_STATE_BROKEN);
    assert_message(aval_last_message(machine), "", ERR_STATE_BROKEN);
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_OK);
    assert_string_equal(aval_last_message(machine), "");
}

/* A second product; an installed one with a key that is not the vendor's counts, and has no keys to look for. */
static void of_several_products_one_must_be_named(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_status status = {.size = sizeof status};
    char key[PRODUCT_KEY_TEXT_SIZE];
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    char path[PATH_SIZE];
    path_of(world, "one/products/acme.example/other", path);
    assert_true(is_ok(folder_make(path, 0700, NULL)));
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_OK); /* a folder without a product is none */
    world_copy(world, IN "product", "one/products/acme.example/other/product");
    world_copy(world, IN "vendor-key", "one/products/acme.example/other/vendor-key");
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_USAGE);
    assert_message(aval_last_message(machine), "2 products are installed, name one of them: ", ERR_USAGE);
    assert_int_equal(aval_status(machine, "studio", &status), AVAL_USAGE);
    assert_message(aval_last_message(machine), "a product is named VENDOR/PRODUCT: ", ERR_USAGE);
    /* It is another product's document, so it is broken where it lies. */
    assert_int_equal(aval_status(machine, "acme.example/other", &status), AVAL_STATE_BROKEN);
    assert_names(world, machine, "one/products/acme.example/other/product", " (document-value): ", ERR_STATE_BROKEN);
    product_key_write(&generic, key);
    assert_int_equal(aval_key_install(machine, key), AVAL_OK);
    assert_string_equal(aval_last_message(machine), "");
    assert_int_equal(aval_key_remove(machine, key + strlen(key) - 5), AVAL_OK);
    /* One that cannot be looked at is another matter: its keys are not known. */
    put_folder(world, "one/products/acme.example/other/vendor-key");
    assert_int_equal(aval_key_install(machine, key), AVAL_FILE_READ);
    assert_names(world, machine, "one/products/acme.example/other/vendor-key", ": Is a directory: ", ERR_FILE_READ);
    assert_int_equal(aval_key_remove(machine, key + strlen(key) - 5), AVAL_FILE_READ);
    assert_names(world, machine, "one/products/acme.example/other/vendor-key", ": Is a directory: ", ERR_FILE_READ);
}

/* The key file holds what was written there, and its own line's end. */
static void a_key_file_has_one_spelling(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
    char other[64];
    world_read(world, IN "key", &whole);
    const int size = (int)whole.size - 1;
    const char *text = buffer_text(&whole);
    const struct {
        const char *before;
        const char *after;
    } rows[] = {{"", ""}, {"", "\n\n"}, {" ", "\n"}, {"", " \n"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(other, sizeof other, "%s%.*s%s", rows[i].before, size, text, rows[i].after);
        world_write(world, IN "key", slice_of(other));
        assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
    }
    snprintf(other, sizeof other, "\n%.*s", size, text);
    world_write(world, IN "key", slice_of(other));
    assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
    char large[NOTE_MAX / 64];
    memset(large, 'K', sizeof large);
    world_write(world, IN "key", slice_make(large, sizeof large));
    assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
    world_write(world, IN "key", buffer_slice(&whole));
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
}

static void a_key_is_removed_by_however_its_end_is_typed(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char suffix[6];
    memcpy(suffix, world_status(machine).key_suffix, sizeof suffix);
    char typed[6];
    memcpy(typed, suffix, sizeof typed);
    for (size_t i = 0; i < 5; i++) {
        static const char written[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ01";
        static const char alike[] = "abcdefghijklmnopqrstuvwxyzOl";
        const char *place = strchr(written, suffix[i]);
        if (place != NULL)
            typed[i] = alike[place - written];
    }
    char longer[8];
    snprintf(longer, sizeof longer, "%s1", suffix);
    assert_int_equal(aval_key_remove(machine, longer), AVAL_NOT_FOUND);
    suffix[4] = 0;
    assert_int_equal(aval_key_remove(machine, suffix), AVAL_NOT_FOUND);
    assert_true(world_has(world, IN "key"));
    assert_int_equal(aval_key_remove(machine, typed), AVAL_OK);
    assert_false(world_has(world, IN "key"));
}

/* The particulars are cut so that the sentence, which says what to do, is there. */
static void the_sentence_of_a_failure_is_never_cut(void **state)
{
    (void)state;
    char text[AVAL_MESSAGE_SIZE];
    char expected[AVAL_MESSAGE_SIZE];
    char words[2 * AVAL_MESSAGE_SIZE];
    const char *sentence = error_info(ERR_STATE_BROKEN)->sentence;
    failure_text(FAIL(STATE_BROKEN), "", text, sizeof text);
    assert_string_equal(text, sentence);
    failure_text(FAIL_AT(STATE_BROKEN, 7), "", text, sizeof text);
    snprintf(expected, sizeof expected, "line 7: %s", sentence);
    assert_string_equal(text, expected);
    failure_text(FAIL_AT(STATE_BROKEN, 7), "file", text, sizeof text);
    snprintf(expected, sizeof expected, "file: line 7: %s", sentence);
    assert_string_equal(text, expected);
    memset(words, 'w', sizeof words);
    for (size_t length = 300; length < sizeof words; length++) {
        words[length] = 0;
        failure_text(FAIL_AT(STATE_BROKEN, 7), words, text, sizeof text);
        const size_t whole = length + strlen(": line 7: ") + strlen(sentence);
        assert_int_equal(strlen(text), whole < sizeof text ? whole : sizeof text - 1);
        assert_string_equal(text + strlen(text) - strlen(sentence), sentence);
        words[length] = 'w';
    }
    failure_text(FAIL(STATE_BROKEN), "file", text, 3);
    assert_int_equal(strlen(text), 2);
}

static struct identity secured(aval_machine *machine)
{
    struct identity identity;
    struct reason reason = {.text = ""};
    if (!is_ok(identity_secure(machine, &identity, &reason)))
        fail_msg("%s", reason.text);
    assert_string_equal(reason.text, "");
    return identity;
}

/* Hardware that is the same is not written again; one that has changed a little is, under the same id. */
static void an_identity_is_written_where_something_in_it_is_new(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    path_of(world, "one/machine", path);
    const struct identity first = secured(machine);
    assert_int_equal(first.created, NOW);
    assert_int_equal(first.hardware.count, 3);
    world->network.now += DAY;
    CLEANUP_BUFFER struct buffer before = buffer_make(RECORD_MAX);
    CLEANUP_BUFFER struct buffer after = buffer_make(RECORD_MAX);
    world_read(world, "one/machine", &before);
    assert_int_equal(unlink(path), 0);
    world_write(world, "one/machine", buffer_slice(&before));
    const struct identity second = secured(machine);
    assert_memory_equal(&second, &first, sizeof first);

    snprintf(machine->hardware.sources[2].value, SOURCE_VALUE_SIZE, "another card");
    const struct identity third = secured(machine);
    assert_memory_equal(third.id.bytes, first.id.bytes, MACHINE_ID_SIZE);
    assert_int_equal(third.created, NOW);
    assert_memory_equal(&third.hardware.digests[0], &first.hardware.digests[0], sizeof third.hardware.digests[0]);
    assert_memory_not_equal(third.hardware.digests[2].digest, first.hardware.digests[2].digest, DIGEST_SIZE);
    world_read(world, "one/machine", &after);
    struct identity kept;
    assert_true(is_ok(identity_read(buffer_slice(&after), &kept)));
    assert_memory_equal(&kept, &third, sizeof third);

    machine->hardware.count = 2; /* fewer sources are another description, and still the machine's */
    const struct identity fourth = secured(machine);
    assert_memory_equal(fourth.id.bytes, first.id.bytes, MACHINE_ID_SIZE);
    assert_int_equal(fourth.hardware.count, 2);

    snprintf(machine->hardware.sources[0].value, SOURCE_VALUE_SIZE, "another board");
    const struct identity fifth = secured(machine);
    assert_memory_not_equal(fifth.id.bytes, first.id.bytes, MACHINE_ID_SIZE);
    assert_memory_not_equal(fifth.salt, first.salt, SALT_SIZE);
    assert_memory_not_equal(fifth.secret, first.secret, ROOT_SECRET_SIZE);
    assert_int_equal(fifth.created, NOW + DAY);
}

/* A clock that shows nonsense is the first or last time that can be written. */
static void a_clock_that_shows_nonsense_is_taken_for_the_nearest_time(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->network.now = -1;
    assert_int_equal(machine_now(machine), 0);
    world->network.now = TIME_MAX + 1;
    assert_int_equal(machine_now(machine), TIME_MAX);
    machine->now = NULL;
    assert_true(machine_now(machine) > 0 && machine_now(machine) < TIME_MAX);
}

static void machines_that_name_no_hardware_have_the_systems(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_open(world, "one", "one");
    struct hardware_sources sources;
    machine_hardware(machine, &sources);
    assert_int_equal(sources.count, 3);
    assert_string_equal(sources.sources[0].value, "one");
    machine->own_hardware = false;
    machine_hardware(machine, &sources);
    for (size_t i = 0; i < sources.count; i++)
        assert_string_not_equal(sources.sources[i].value, "one");
}

static void sign_revocations(const struct world *world, uint64_t sequence, struct buffer *out)
{
    const struct signing_key *signer = world->network.vendor;
    struct revocations *revocations = calloc(1, sizeof *revocations);
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    assert_non_null(revocations);
    snprintf(revocations->vendor, NAME_SIZE, "acme.example");
    revocations->sequence = sequence;
    revocations->issued = NOW;
    assert_true(is_ok(revocations_write(revocations, &text)));
    assert_true(is_ok(note_sign(buffer_slice(&text), &signer, 1, out)));
    free(revocations);
}

static uint64_t sequence_kept(const struct installation *installation)
{
    struct revocations *revocations = NULL;
    assert_true(is_ok(revocations_load(installation, &revocations)));
    const uint64_t sequence = revocations == NULL ? 0 : revocations->sequence;
    free(revocations);
    return sequence;
}

/* A newer list replaces an older one, and never the other way round; what is no list is as good as none. */
static void revocations_are_kept_by_their_number(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    struct reason reason = {.text = ""};
    char path[PATH_SIZE];
    assert_true(is_ok(installation_load(machine, NULL, &installation, NULL)));
    assert_int_equal(sequence_kept(installation), 0);
    world_write(world, IN "revocations", slice_of("no list\n"));
    assert_int_equal(sequence_kept(installation), 0);
    static const uint64_t stored[] = {2, 1, 2, 3};
    static const uint64_t kept[] = {2, 2, 2, 3};
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
        CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
        sign_revocations(world, stored[i], &note);
        assert_true(is_ok(revocations_store(machine, installation, stored[i], buffer_slice(&note), &reason)));
        assert_int_equal(sequence_kept(installation), kept[i]);
    }
    put_folder(world, IN "revocations");
    assert_int_equal(result_code(revocations_store(machine, installation, 4, slice_of("4"), &reason)), ERR_FILE_WRITE);
    path_of(world, IN "revocations", path);
    assert_memory_equal(reason.text, path, strlen(path));
}

static struct hash mark_of(const struct world *world)
{
    struct hash mark;
    char folder[PATH_SIZE];
    path_of(world, "one", folder);
    assert_true(is_ok(lease_files_mark(folder, &mark, NULL)));
    return mark;
}

/* Also of one that is larger than any lease can be: it is another than none, and than one that could be read. */
static void each_content_of_the_lease_has_its_mark(void **state)
{
    struct world *world = *state;
    struct reason reason = {.text = ""};
    struct hash mark = {{1}};
    char folder[PATH_SIZE];
    world_open(world, "one", "one");
    path_of(world, "one", folder);
    assert_true(is_ok(folder_make(folder, 0700, NULL)));
    const struct hash none = {{0}};
    assert_memory_equal(mark_of(world).bytes, none.bytes, HASH_SIZE);
    world_write(world, "one/lease.tlog-proof", slice_of("a lease\n"));
    const struct hash lease = hash_of(slice_of("a lease\n"));
    assert_memory_equal(mark_of(world).bytes, lease.bytes, HASH_SIZE);
    char *large = calloc(1, PROOF_MAX + 1);
    assert_non_null(large);
    world_write(world, "one/lease.tlog-proof", slice_make(large, PROOF_MAX + 1));
    free(large);
    assert_memory_not_equal(mark_of(world).bytes, none.bytes, HASH_SIZE);
    put_folder(world, "one/lease.tlog-proof");
    assert_int_equal(result_code(lease_files_mark(folder, &mark, &reason)), ERR_FILE_READ);
    assert_non_null(strstr(reason.text, "lease.tlog-proof: Is a directory"));
    assert_int_equal(mark.bytes[0], 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(what_cannot_be_read_is_named),
        TEST(what_of_a_lease_cannot_be_read_is_named_where_it_is_given_back),
        TEST(what_is_only_remembered_stops_nobody),
        TEST(what_of_a_lease_cannot_be_written_is_named),
        TEST(what_is_set_up_and_cannot_be_written_is_named),
        TEST(a_product_that_cannot_be_written_is_named),
        TEST(a_key_and_its_lease_that_cannot_be_removed_are_named),
        TEST(what_is_not_what_was_written_is_named_with_its_line),
        TEST(a_lease_is_not_given_back_by_a_damaged_record_of_who_gave_it),
        TEST(a_failure_has_its_own_words),
        TEST(of_several_products_one_must_be_named),
        TEST(a_key_file_has_one_spelling),
        TEST(a_key_is_removed_by_however_its_end_is_typed),
        TEST(the_sentence_of_a_failure_is_never_cut),
        TEST(an_identity_is_written_where_something_in_it_is_new),
        TEST(a_clock_that_shows_nonsense_is_taken_for_the_nearest_time),
        TEST(machines_that_name_no_hardware_have_the_systems),
        TEST(revocations_are_kept_by_their_number),
        TEST(each_content_of_the_lease_has_its_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
