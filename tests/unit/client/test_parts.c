/* Parts of libaval by themselves: the message, identity, clock and hardware of a machine, what is kept of revocations,
 * the mark of a lease. */
#include "faults.h"
#include "machine/identity.h"
#include "machine/numbers.h"
#include "state/holding.h"
#include "state/installation.h"
#include "state/lease_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

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
    for (size_t i = 0; i < sizeof words; i += 2)
        memcpy(words + i, "\xc3\xbc", 2);
    words[sizeof words - 2] = 0;
    for (size_t shorter = 0; shorter < 2; shorter++) { /* nor is a character of the particulars */
        failure_text(FAIL(STATE_BROKEN), words, text, sizeof text - shorter);
        assert_true(strlen(text) >= sizeof text - shorter - 2);
        assert_true(utf8_valid(slice_of(text)));
    }
    failure_text(FAIL(STATE_BROKEN), "file", text, 3);
    assert_int_equal(strlen(text), 2);
}

#define VENDOR  "acme.example"
#define MACHINE "one/machines/" VENDOR
#define SECRET  "one/secret/" VENDOR

static struct identity secured(aval_machine *machine)
{
    struct identity identity;
    struct reason reason = {.text = ""};
    if (!is_ok(identity_secure(machine, VENDOR, &identity, &reason)))
        fail_msg("%s", reason.text);
    assert_string_equal(reason.text, "");
    return identity;
}

/* As once there is a lease for the hardware of today. */
static void settle(aval_machine *machine, const struct identity *identity)
{
    struct hardware_sources sources;
    struct hardware hardware;
    machine_hardware(machine, &sources);
    hardware_digest(&sources, identity->salt, &hardware);
    assert_true(is_ok(identity_settle(machine, VENDOR, identity, &hardware, NULL)));
}

/* Hardware that is the same is not written again; one that has changed a little is once there is a lease for it, under
 * the same id. Until then what is compared is what the host compares. */
static void an_identity_is_written_where_something_in_it_is_new(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    struct stat written;
    struct stat now;
    world_path(world, MACHINE, path);
    const struct identity first = secured(machine);
    assert_int_equal(stat(path, &written), 0);
    secured(machine);
    assert_int_equal(stat(path, &now), 0);
    assert_int_equal(now.st_ino, written.st_ino);
    assert_memory_equal(&now.st_mtim, &written.st_mtim, sizeof now.st_mtim);
    assert_int_equal(first.created, NOW);
    assert_int_equal(first.hardware.count, 3);
    world->network.now += DAY;
    CLEANUP_BUFFER struct buffer before = buffer_make(RECORD_MAX);
    CLEANUP_BUFFER struct buffer after = buffer_make(RECORD_MAX);
    world_read(world, MACHINE, &before);
    assert_int_equal(unlink(path), 0);
    world_write(world, MACHINE, buffer_slice(&before));
    const struct identity second = secured(machine);
    assert_memory_equal(&second, &first, sizeof first);

    snprintf(machine->hardware.sources[2].value, SOURCE_VALUE_SIZE, "another card");
    const struct identity third = secured(machine);
    assert_memory_equal(&third, &first, sizeof first);
    settle(machine, &third);
    const struct identity settled = secured(machine);
    assert_memory_equal(settled.id.bytes, first.id.bytes, MACHINE_ID_SIZE);
    assert_int_equal(settled.created, NOW);
    assert_memory_equal(&settled.hardware.digests[0], &first.hardware.digests[0], sizeof first.hardware.digests[0]);
    assert_memory_not_equal(settled.hardware.digests[2].digest, first.hardware.digests[2].digest, DIGEST_SIZE);
    world_read(world, MACHINE, &after);
    struct identity kept;
    assert_true(is_ok(identity_read(buffer_slice(&after), &kept)));
    assert_memory_equal(&kept, &settled, sizeof settled);

    machine->hardware.count = 2; /* fewer sources are another description, and still the machine's */
    const struct identity fourth = secured(machine);
    assert_memory_equal(fourth.id.bytes, first.id.bytes, MACHINE_ID_SIZE);
    settle(machine, &fourth);
    assert_int_equal(secured(machine).hardware.count, 2);

    snprintf(machine->hardware.sources[0].value, SOURCE_VALUE_SIZE, "another board");
    const struct identity fifth = secured(machine);
    assert_memory_not_equal(fifth.id.bytes, first.id.bytes, MACHINE_ID_SIZE);
    assert_memory_not_equal(fifth.salt, first.salt, SALT_SIZE);
    assert_int_equal(fifth.created, NOW + DAY);
    struct signing_key *key = NULL;
    assert_true(is_ok(identity_key(machine, VENDOR, &first, &key, NULL))); /* it may be another machine's */
    assert_true(verifier_key_equal(signing_key_verifier(key), &first.key));
    signing_key_free(key);
    key = NULL;
    assert_true(is_ok(identity_key(machine, VENDOR, &fifth, &key, NULL)));
    assert_true(verifier_key_equal(signing_key_verifier(key), &fifth.key));
    signing_key_free(key);
}

/* Its host would take it for a second machine with the key of the first. */
static void a_machine_that_changes_twice_before_it_has_another_lease_is_another_one(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const struct identity first = secured(machine);
    settle(machine, &first);
    snprintf(machine->hardware.sources[2].value, SOURCE_VALUE_SIZE, "another card");
    assert_memory_equal(secured(machine).id.bytes, first.id.bytes, MACHINE_ID_SIZE);
    snprintf(machine->hardware.sources[1].value, SOURCE_VALUE_SIZE, "another disk");
    assert_memory_not_equal(secured(machine).id.bytes, first.id.bytes, MACHINE_ID_SIZE);
}

/* One that changes as much, and had a lease in between, stays the one that it was. */
static void a_machine_that_changes_little_by_little_keeps_its_key(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    const struct machine_id first = world->host->last_request.machine;
    for (size_t i = 0; i < 3; i++) {
        world->network.now += 8 * DAY;
        snprintf(machine->hardware.sources[i].value, SOURCE_VALUE_SIZE, "a new one");
        assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
        assert_memory_equal(&world->host->last_request.machine, &first, sizeof first);
    }
}

/* Nothing that one vendor sees of this machine is seen by another. */
static void a_machine_is_another_one_for_each_vendor(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct identity other;
    const struct identity mine = secured(machine);
    assert_true(is_ok(identity_secure(machine, "other.example", &other, NULL)));
    assert_memory_not_equal(mine.key.public_key, other.key.public_key, PUBLIC_KEY_SIZE);
    assert_memory_not_equal(mine.id.bytes, other.id.bytes, MACHINE_ID_SIZE);
    assert_memory_not_equal(mine.salt, other.salt, SALT_SIZE);
    assert_memory_not_equal(mine.hardware.digests[0].digest, other.hardware.digests[0].digest, DIGEST_SIZE);
    assert_true(world_has(world, "one/secret/other.example"));
    const struct identity again = secured(machine);
    assert_memory_equal(&again, &mine, sizeof mine);
}

/* A secret that is gone, spoiled or another machine's makes another machine; one that cannot be read makes none. */
static void an_identity_without_its_secret_is_made_anew(void **state)
{
    /* the second is a key, and another machine's */
    static const char *const spoiled[] = {
        "spoiled\n",
        "PRIVATE+KEY+6c8f8607dbe87077a62a2990ce07d94a+a3b29681+ATMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMz\n"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    struct identity last = secured(machine);
    struct identity same = secured(machine);
    assert_memory_equal(same.id.bytes, last.id.bytes, MACHINE_ID_SIZE);
    world_path(world, SECRET, path);
    for (size_t i = 0; i < 3; i++) {
        if (i < 2)
            world_write(world, SECRET, slice_of(spoiled[i]));
        else
            assert_int_equal(unlink(path), 0);
        const struct identity next = secured(machine);
        assert_memory_not_equal(next.id.bytes, last.id.bytes, MACHINE_ID_SIZE);
        last = next;
    }
    assert_int_equal(unlink(path), 0);
    assert_true(is_ok(folder_make(path, 0700, NULL)));
    assert_int_equal(result_code(identity_secure(machine, VENDOR, &same, NULL)), ERR_FILE_READ);
}

/* A number is taken once, and stands in the folder before anybody has it. */
static void numbers_ascend_and_begin_anew_with_another_key(void **state)
{
    struct world *world = *state;
    const struct numbers mine = {.machine = {{1}}};
    const struct numbers other = {.machine = {{2}}};
    struct numbers least = mine;
    struct numbers kept;
    uint64_t number = 0;
    char folder[PATH_SIZE];
    world_machine(world, "one");
    world_path(world, "one/products/acme.example/studio", folder);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_true(is_ok(numbers_take(folder, &mine, &number, NULL)));
        assert_int_equal(number, i);
    }
    least.last = 2; /* less than is known already */
    assert_true(is_ok(numbers_take(folder, &least, &number, NULL)));
    assert_int_equal(number, 4);
    least.last = 9;
    assert_true(is_ok(numbers_take(folder, &least, &number, NULL)));
    assert_int_equal(number, 10);
    least.released = 12;
    assert_true(is_ok(numbers_take(folder, &least, &number, NULL)));
    assert_int_equal(number, 13);
    assert_true(is_ok(numbers_keep_release(folder, &mine.machine, 11, NULL))); /* of long ago */
    assert_true(is_ok(numbers_load(folder, &mine.machine, &kept, NULL)));
    assert_int_equal(kept.last, 13);
    assert_int_equal(kept.released, 12);
    assert_true(is_ok(numbers_keep_release(folder, &mine.machine, 20, NULL)));
    assert_true(is_ok(numbers_take(folder, &mine, &number, NULL)));
    assert_int_equal(number, 21);
    assert_true(is_ok(numbers_load(folder, &other.machine, &kept, NULL)));
    assert_int_equal(kept.last, 0);
    assert_int_equal(kept.released, 0);
    assert_true(is_ok(numbers_take(folder, &other, &number, NULL)));
    assert_int_equal(number, 1);
}

/* What cannot be read or written gives no number; what cannot go on gives none either. */
static void without_its_record_no_number_is_taken(void **state)
{
    struct world *world = *state;
    struct numbers least = {.machine = {{1}}};
    struct reason reason = {.text = ""};
    uint64_t number = 77;
    char folder[PATH_SIZE];
    world_machine(world, "one");
    world_path(world, "one/products/acme.example/studio", folder);
    world_put_folder(world, IN "number");
    assert_int_equal(result_code(numbers_take(folder, &least, &number, &reason)), ERR_FILE_READ);
    assert_non_null(strstr(reason.text, "/number: Is a directory"));
    world_take_folder(world, IN "number");
    least.last = INT64_MAX;
    assert_int_equal(result_code(numbers_take(folder, &least, &number, &reason)), ERR_NUMBERS_USED_UP);
    assert_int_equal(number, 77);
    assert_false(world_has(world, IN "number"));
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
    assert_true(is_ok(installation_load(machine, PRODUCT, &installation, NULL)));
    assert_int_equal(sequence_kept(installation), 0);
    world_write(world, IN "revocations", slice_of("no list\n"));
    assert_int_equal(sequence_kept(installation), 0);
    struct revocations *list = calloc(1, sizeof *list);
    assert_non_null(list);
    static const uint64_t stored[] = {2, 1, 2, 3};
    static const uint64_t kept[] = {2, 2, 2, 3};
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
        CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
        sign_revocations(world, stored[i], &note);
        list->sequence = stored[i];
        list->rank = 1; /* of the key in use */
        assert_true(is_ok(revocations_store(machine, installation, list, buffer_slice(&note), &reason)));
        assert_int_equal(sequence_kept(installation), kept[i]);
    }
    list->sequence = 4;
    world_put_folder(world, "one/lock"); /* who has not the lock writes nothing */
    assert_int_equal(result_code(revocations_store(machine, installation, list, slice_of("4"), &reason)),
                     ERR_FILE_WRITE);
    assert_int_equal(sequence_kept(installation), 3);
    world_take_folder(world, "one/lock");
    world_put_folder(world, IN "revocations");
    assert_int_equal(result_code(revocations_store(machine, installation, list, slice_of("4"), &reason)),
                     ERR_FILE_WRITE);
    world_path(world, IN "revocations", path);
    assert_memory_equal(reason.text, path, strlen(path));
    free(list);
}

/* Nor does anything happen to whatever file a path that was not made names. */
static void without_room_for_its_path_no_file_is_read_written_or_removed(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    char folder[PATH_SIZE];
    bool found = true;
    memset(folder, '/', sizeof folder);
    folder[sizeof folder - 1] = 0;
    assert_int_equal(result_code(state_read(folder, FILE_HOSTS, &text, &found, NULL)), ERR_TEXT_TOO_LONG);
    assert_int_equal(result_code(state_write(folder, FILE_HOSTS, slice_of(""), MODE_FILE, NULL)), ERR_TEXT_TOO_LONG);
    assert_int_equal(result_code(state_remove(folder, FILE_HOSTS, NULL)), ERR_TEXT_TOO_LONG);
}

static struct hash mark_of(const struct world *world)
{
    struct hash mark;
    char folder[PATH_SIZE];
    world_path(world, "one", folder);
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
    world_path(world, "one", folder);
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
    world_put_folder(world, "one/lease.tlog-proof");
    assert_int_equal(result_code(lease_files_mark(folder, &mark, &reason)), ERR_FILE_READ);
    assert_non_null(strstr(reason.text, "lease.tlog-proof: Is a directory"));
    assert_int_equal(mark.bytes[0], 1);
}

/* A key's name becomes that of a file, so it is looked at although its license was. */
static void checkpoints_are_kept_by_the_host_that_the_key_names(void **state)
{
    static const char *const wrong[] = {"acme.example", "/acme.example", "../acme.example", "Kms/acme.example"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    CLEANUP_BUFFER struct buffer note = buffer_make(PROOF_MAX);
    struct verifier_key key = *signing_key_verifier(world->host->key);
    struct checkpoint checkpoint;
    char host[HOST_NAME_SIZE] = "as before";
    bool found = true;
    assert_true(is_ok(installation_load(machine, PRODUCT, &installation, NULL)));
    assert_true(is_ok(checkpoint_known(installation, &key, &checkpoint, &found, NULL)));
    assert_false(found);
    assert_true(is_ok(checkpoint_keep(installation, &key, slice_of("a note\n"), NULL)));
    assert_true(is_ok(checkpoint_known_note(installation, &key, &note, &found, NULL)));
    assert_true(found);
    assert_string_equal(buffer_text(&note), "a note\n");
    assert_true(is_ok(checkpoint_known(installation, &key, &checkpoint, &found, NULL)));
    assert_false(found); /* a note that this key did not sign */
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(key.name, sizeof key.name, "%s", wrong[i]);
        assert_int_equal(result_code(host_key_host(&key, host)), ERR_DOCUMENT_VALUE);
        assert_int_equal(result_code(checkpoint_known(installation, &key, &checkpoint, &found, NULL)),
                         ERR_DOCUMENT_VALUE);
        assert_int_equal(result_code(checkpoint_keep(installation, &key, slice_of("a note\n"), NULL)),
                         ERR_DOCUMENT_VALUE);
    }
    assert_string_equal(host, "as before");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(the_sentence_of_a_failure_is_never_cut),
        TEST(an_identity_is_written_where_something_in_it_is_new),
        TEST(a_machine_that_changes_twice_before_it_has_another_lease_is_another_one),
        TEST(a_machine_that_changes_little_by_little_keeps_its_key),
        TEST(a_machine_is_another_one_for_each_vendor),
        TEST(an_identity_without_its_secret_is_made_anew),
        TEST(numbers_ascend_and_begin_anew_with_another_key),
        TEST(without_its_record_no_number_is_taken),
        TEST(a_clock_that_shows_nonsense_is_taken_for_the_nearest_time),
        TEST(machines_that_name_no_hardware_have_the_systems),
        TEST(revocations_are_kept_by_their_number),
        TEST(without_room_for_its_path_no_file_is_read_written_or_removed),
        TEST(each_content_of_the_lease_has_its_mark),
        TEST(checkpoints_are_kept_by_the_host_that_the_key_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
