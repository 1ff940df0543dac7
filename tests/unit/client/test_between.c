/* What goes wrong in the state folder between a question and what is made of its answer: the failure is told, nothing
 * is asked or stored on the strength of what is not there any more, and the next try works. */
#include "faults.h"
#include "state/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND "kms2.uni.example:8216"

/* On the way to the hosts: once the answer to a path with that part is there, something happens. */
static struct meddler {
    struct world *world;
    const char *part;                        /* NULL: nothing happens any more */
    const char *folder;                      /* stands in the place of a file from then on, */
    void (*deed)(const struct world *world); /* or this is done */
} meddler;

static int meddle(void *context, const char *address, const char *path, const char *body, size_t body_size,
                  const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                  int *ret_http_status, char *reason, size_t reason_size)
{
    const int code = network_ask(context, address, path, body, body_size, authorization, timeout_ms, answer, capacity,
                                 ret_size, ret_http_status, reason, reason_size);
    if (meddler.part == NULL || strstr(path, meddler.part) == NULL)
        return code;
    meddler.part = NULL;
    if (meddler.folder != NULL)
        world_put_folder(meddler.world, meddler.folder);
    else
        meddler.deed(meddler.world);
    return code;
}

static int begin(void **state)
{
    if (world_begin(state) != 0)
        return -1;
    struct world *world = *state;
    world->transport = meddle;
    meddler = (struct meddler){.world = world};
    return 0;
}

static void activate(aval_machine *machine)
{
    if (aval_activate(machine, NULL, NULL) != AVAL_OK)
        fail_msg("%s", aval_last_message(machine));
}

/* A file that is a folder by then, and the code. */
struct row {
    const char *file;
    enum error_code code;
};

/* The attempt at the first host failed with the name of that file. */
static void assert_attempt(const struct world *world, const struct aval_report *report, const struct row *row)
{
    char path[PATH_SIZE];
    char words[2 * PATH_SIZE];
    world_path(world, row->file, path);
    snprintf(words, sizeof words, "%s: Is a directory: ", path);
    assert_int_equal(report->attempt_count, 1);
    assert_int_equal(report->attempts[0].code, row->code);
    assert_message(report->attempts[0].message, words, row->code);
}

/* Nothing is signed, so that nothing is sent. */
static void what_a_request_is_made_of_is_there_or_nothing_is_sent(void **state)
{
    static const struct row rows[] = {
        {"one/lock", ERR_FILE_WRITE},          {"one/machines/acme.example", ERR_FILE_READ},
        {IN "number", ERR_FILE_READ},          {"one/secret/acme.example", ERR_FILE_READ},
        {"one/" CHECKPOINT_IN, ERR_FILE_READ},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aval_report report = {.size = sizeof report};
        meddler.part = "/v1/introduction/";
        meddler.folder = rows[i].file;
        assert_int_equal(aval_activate(machine, NULL, &report), rows[i].code);
        assert_attempt(world, &report, &rows[i]);
        assert_int_equal(world->host->requests, 0);
        world_take_folder(world, rows[i].file);
    }
    activate(machine);
}

/* Where it cannot be kept it could not be shown again, and nothing is asked on the strength of it. */
static void what_a_host_introduces_itself_with_is_kept_or_it_is_not_asked(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_report report = {.size = sizeof report};
    char path[PATH_SIZE];
    world_path(world, IN "checkpoints", path);
    assert_int_equal(symlink("/nowhere/checkpoints", path), 0); /* where nothing is found and nothing made */
    assert_int_equal(aval_activate(machine, NULL, &report), AVAL_FILE_WRITE);
    assert_memory_equal(report.attempts[0].message, path, strlen(path));
    assert_int_equal(report.attempts[0].message[strlen(path)], ':');
    assert_int_equal(world->host->introductions, 1);
    assert_int_equal(world->host->requests, 0);
    assert_int_equal(unlink(path), 0);
    activate(machine);
}

static void what_a_lease_is_judged_by_is_there_or_it_is_not_stored(void **state)
{
    static const struct row rows[] = {
        {"one/lock", ERR_FILE_WRITE},          {"one/machines/acme.example", ERR_FILE_READ},
        {IN "number", ERR_FILE_READ},          {IN "vendor-key", ERR_FILE_READ},
        {"one/" CHECKPOINT_IN, ERR_FILE_READ}, {IN "lease.tlog-proof", ERR_FILE_READ},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
        struct aval_report report = {.size = sizeof report};
        const bool was = world_has(world, rows[i].file);
        if (was)
            world_read(world, rows[i].file, &whole);
        meddler.part = "/v1/activate";
        meddler.folder = rows[i].file;
        assert_int_equal(aval_activate(machine, NULL, &report), rows[i].code);
        assert_attempt(world, &report, &rows[i]);
        world_take_folder(world, rows[i].file);
        if (was)
            world_write(world, rows[i].file, buffer_slice(&whole));
        assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    }
    activate(machine);
}

/* The seat is given back by then; what is left of the lease is removed by the next try. */
static void what_cannot_be_forgotten_of_a_lease_that_was_given_back_is_told(void **state)
{
    static const struct row rows[] = {
        {"one/lock", ERR_FILE_WRITE},        {IN "number", ERR_FILE_READ},     {IN "lease.tlog-proof", ERR_FILE_READ},
        {IN "license", ERR_FILE_WRITE},      {IN "release", ERR_FILE_WRITE},   {IN "lease.host", ERR_FILE_WRITE},
        {IN "next.license", ERR_FILE_WRITE}, {IN "next.host", ERR_FILE_WRITE},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world->network.now += HOUR;
        activate(machine);
        const size_t releases = world->host->releases;
        meddler.part = "/v1/release";
        meddler.folder = rows[i].file;
        assert_int_equal(aval_release(machine, NULL, NULL), rows[i].code);
        assert_named(world, machine, rows[i].file, ": Is a directory: ", rows[i].code);
        assert_int_equal(world->host->releases, releases + 1);
        world_take_folder(world, rows[i].file);
    }
}

static void put_nowhere(const struct world *world)
{
    char path[PATH_SIZE];
    world_path(world, IN "checkpoints", path);
    world_remove(world, IN "checkpoints");
    assert_int_equal(symlink("/nowhere/checkpoints", path), 0); /* where nothing is found and nothing made */
}

/* The lease stays in force where what the release showed cannot be kept, and the next try finishes it. */
static void a_release_whose_ledger_cannot_be_kept_ends_no_lease(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_report report = {.size = sizeof report};
    activate(machine);
    meddler.part = "/v1/release";
    meddler.folder = "one/" CHECKPOINT_IN;
    assert_int_equal(aval_release(machine, NULL, &report), AVAL_FILE_READ);
    assert_attempt(world, &report, &(const struct row){"one/" CHECKPOINT_IN, ERR_FILE_READ});
    world_take_folder(world, "one/" CHECKPOINT_IN);
    meddler.part = "/v1/release";
    meddler.folder = NULL;
    meddler.deed = put_nowhere;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_FILE_WRITE);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    char path[PATH_SIZE];
    world_path(world, IN "checkpoints", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world->host->leaf_count, 2);
    assert_true(world_has(world, "one/" CHECKPOINT_IN));
}

static void change_salt(const struct world *world)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    CLEANUP_BUFFER struct buffer changed = buffer_make(RECORD_MAX);
    struct identity identity;
    world_read(world, "one/machines/acme.example", &text);
    assert_true(is_ok(identity_read(buffer_slice(&text), &identity)));
    identity.salt[0] ^= 1;
    assert_true(is_ok(identity_write(&identity, &changed)));
    world_write(world, "one/machines/acme.example", buffer_slice(&changed));
}

/* The next host's request is made of what the folder says by then. */
static void no_further_host_is_asked_where_the_folder_fails(void **state)
{
    static const struct row rows[] = {
        {"one/lock", ERR_FILE_WRITE}, {"one/machines/acme.example", ERR_FILE_READ}, {IN "number", ERR_FILE_READ}};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    world_hosts(machine, HOST, SECOND, NULL);
    world->host->refuse = ERR_NO_SEATS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aval_report report = {.size = sizeof report};
        meddler.part = "/v1/activate";
        meddler.folder = rows[i].file;
        assert_int_equal(aval_activate(machine, NULL, &report), rows[i].code);
        assert_named(world, machine, rows[i].file, ": Is a directory: ", rows[i].code);
        assert_int_equal(report.attempt_count, 1);
        assert_int_equal(second->introductions, 0);
        world_take_folder(world, rows[i].file);
    }
    activate(machine);
    assert_int_equal(second->requests, 1);
}

/* A lease, a folder that fails and somebody else's change end the search; an answer that is none does not. */
static void the_next_host_is_asked_only_where_it_could_help(void **state)
{
    static const struct {
        const char *folder;                      /* stands in the place of a file from the answer on, */
        void (*deed)(const struct world *world); /* or this is done; both NULL: nothing */
        enum lie lie;
        int code;
        size_t attempts;
    } rows[] = {
        {NULL, NULL, LIE_NONE, AVAL_OK, 1},
        {IN "next.license", NULL, LIE_NONE, AVAL_FILE_WRITE, 1},
        {NULL, change_salt, LIE_NONE, AVAL_STATE_CHANGED, 1},
        {NULL, NULL, LIE_GARBAGE, AVAL_OK, 2},
        {NULL, NULL, LIE_CHECKPOINT_OF_OTHER, AVAL_OK, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *made = NULL;
        assert_int_equal(begin(&made), 0);
        struct world *world = made;
        aval_machine *machine = world_machine(world, "one");
        struct aval_report report = {.size = sizeof report};
        network_add(&world->network, SECOND, "kms2.uni.example");
        world_hosts(machine, HOST, SECOND, NULL);
        world->host->lie = rows[i].lie;
        meddler.folder = rows[i].folder;
        meddler.deed = rows[i].deed;
        if (rows[i].folder != NULL || rows[i].deed != NULL)
            meddler.part = "/v1/activate";
        assert_int_equal(aval_activate(machine, NULL, &report), rows[i].code);
        assert_int_equal(report.attempt_count, rows[i].attempts);
        assert_int_equal(world_end(&made), 0);
    }
}

static void forget_machine(const struct world *world)
{
    char path[PATH_SIZE];
    world_path(world, "one/machines/acme.example", path);
    assert_true(is_ok(file_remove(path, NULL)));
}

/* Who has lost what it was meanwhile is a new machine to the next host. */
static void the_next_host_is_asked_by_whoever_the_machine_is_by_then(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    world_hosts(machine, HOST, SECOND, NULL);
    world->host->refuse = ERR_NO_SEATS;
    meddler.part = "/v1/activate";
    meddler.deed = forget_machine;
    activate(machine);
    assert_int_equal(second->requests, 1);
    assert_false(verifier_key_equal(&second->last_request.machine_key, &world->host->last_request.machine_key));
}

static void remove_key(const struct world *world)
{
    char path[PATH_SIZE];
    world_path(world, IN "lease.tlog-proof", path);
    assert_true(is_ok(file_remove(path, NULL)));
    world_path(world, IN "key", path);
    assert_true(is_ok(file_remove(path, NULL)));
}

/* Which is what the release would have come to as well. */
static void a_lease_that_went_with_its_key_meanwhile_is_given_back(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    meddler.part = "/v1/release";
    meddler.deed = remove_key;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_false(world_has(world, IN "license"));
    assert_false(world_has(world, IN "release"));
}

static void change_lease(const struct world *world)
{
    world_write(world, IN "lease.tlog-proof", slice_of("of somebody else\n"));
}
static void change_lease_and_first_run(const struct world *world)
{
    change_lease(world);
    world_put_folder(world, IN "first-run");
}

/* It is not the one that was given back, and stays; what that is must be known. */
static void a_lease_that_came_meanwhile_is_not_forgotten(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_report report = {.size = sizeof report};
    activate(machine);
    meddler.part = "/v1/release";
    meddler.deed = change_lease;
    assert_int_equal(aval_release(machine, NULL, &report), AVAL_STATE_CHANGED);
    assert_message(report.attempts[0].message, "released, but another lease is in force: ", ERR_STATE_CHANGED);
    assert_true(world_has(world, IN "lease.tlog-proof"));
    activate(machine);
    meddler.part = "/v1/release";
    meddler.deed = change_lease_and_first_run;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_FILE_READ);
    assert_named(world, machine, IN "first-run", ": Is a directory: ", ERR_FILE_READ);
    assert_true(world_has(world, IN "lease.tlog-proof"));
}

static void take_secret(const struct world *world)
{
    world_write(world, "one/secret/acme.example", slice_of("spoiled\n"));
}

/* The host says number-used, and by then the note cannot be made anew. */
static void a_release_is_signed_anew_only_for_the_lease_that_was_meant(void **state)
{
    static const struct {
        void (*deed)(const struct world *world);
        int code;
        const char *words;
    } rows[] = {{change_lease, AVAL_STATE_CHANGED, "the lease: "},
                {take_secret, AVAL_STATE_BROKEN, "/secret/acme.example: "}};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aval_report report = {.size = sizeof report};
        CLEANUP_BUFFER struct buffer first = buffer_make(PROOF_MAX);
        world->network.now += HOUR;
        activate(machine);
        world_read(world, IN "lease.tlog-proof", &first);
        world->network.now += HOUR;
        activate(machine);
        world_write(world, IN "lease.tlog-proof", buffer_slice(&first)); /* a backup */
        world_write(world, IN "number", slice_of("spoiled\n"));
        const size_t releases = world->host->releases;
        meddler.part = "/v1/release";
        meddler.deed = rows[i].deed;
        assert_int_equal(aval_release(machine, NULL, &report), rows[i].code);
        assert_non_null(strstr(report.attempts[0].message, rows[i].words));
        assert_int_equal(world->host->releases, releases + 1);
    }
}

/* A leaf of another machine does not move its number further than to the next one. */
static void a_release_is_sent_again_above_the_machines_own_leaf_alone(void **state)
{
    struct world *world = *state;
    CLEANUP_BUFFER struct buffer foreign = buffer_make(LEAF_MAX);
    aval_machine *other = world_machine(world, "other");
    aval_machine *machine = world_machine(world, "one");
    activate(other);
    activate(machine);
    buffer_append(&foreign, world->host->texts[0], world->host->text_sizes[0]);
    world->host->shown_leaf = &foreign;
    world->host->records[1].number = 100;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_NUMBER_USED);
    assert_int_equal(world->host->releases, 2);
    assert_int_equal(world->host->last_release.number, 3);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

static void show_sixth_leaf(const struct world *world)
{
    static struct buffer leaf;
    buffer_free(&leaf);
    leaf = buffer_make(LEAF_MAX);
    buffer_append(&leaf, world->host->texts[5], world->host->text_sizes[5]);
    world->host->shown_leaf = &leaf;
}

/* However much higher the next leaf is that the host shows. */
static void a_release_is_sent_twice_at_most(void **state)
{
    struct world *world = *state;
    CLEANUP_BUFFER struct buffer first = buffer_make(PROOF_MAX);
    CLEANUP_BUFFER struct buffer third = buffer_make(LEAF_MAX);
    aval_machine *machine = world_machine(world, "one");
    for (int i = 0; i < 6; i++) {
        activate(machine);
        if (i == 0)
            world_read(world, IN "lease.tlog-proof", &first);
        world->network.now += HOUR;
    }
    world_write(world, IN "lease.tlog-proof", buffer_slice(&first)); /* a backup */
    world_write(world, IN "number", slice_of("spoiled\n"));
    buffer_append(&third, world->host->texts[2], world->host->text_sizes[2]);
    world->host->shown_leaf = &third;
    world->host->records[0].number = 100;
    meddler.part = "/v1/release";
    meddler.deed = show_sixth_leaf;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_NUMBER_USED);
    assert_int_equal(world->host->releases, 2);
    assert_int_equal(world->host->last_release.number, 4);
}

static void a_request_is_made_twice_at_most_for_its_number(void **state)
{
    struct world *world = *state;
    CLEANUP_BUFFER struct buffer third = buffer_make(LEAF_MAX);
    aval_machine *machine = world_machine(world, "one");
    for (int i = 0; i < 6; i++) {
        activate(machine);
        world->network.now += HOUR;
    }
    world_write(world, IN "lease.tlog-proof", slice_of("lost\n"));
    world_write(world, IN "number", slice_of("lost\n"));
    buffer_append(&third, world->host->texts[2], world->host->text_sizes[2]);
    world->host->shown_leaf = &third;
    world->host->records[0].number = 100;
    meddler.part = "/v1/activate";
    meddler.deed = show_sixth_leaf;
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_NUMBER_USED);
    assert_int_equal(world->host->requests, 8);
    assert_int_equal(world->host->last_request.number, 4);
}

/* Another checkpoint of the host, signed by its key: of an equal size, but of another tree or another epoch. */
static void keep_other_checkpoint(const struct world *world, bool other_root)
{
    CLEANUP_BUFFER struct buffer kept = buffer_make(PROOF_MAX);
    CLEANUP_BUFFER struct buffer changed = buffer_make(PROOF_MAX);
    struct checkpoint checkpoint;
    world_read(world, "one/" CHECKPOINT_IN, &kept);
    assert_true(is_ok(checkpoint_open(buffer_slice(&kept), signing_key_verifier(world->host->key), &checkpoint)));
    if (other_root)
        checkpoint.root.bytes[0] ^= 1;
    else
        assert_true(is_ok(origin_write(signing_key_verifier(world->host->key)->name, 2, checkpoint.origin)));
    assert_true(is_ok(checkpoint_sign(&checkpoint, world->host->key, &changed)));
    world_write(world, "one/" CHECKPOINT_IN, buffer_slice(&changed));
}
static void keep_other_tree(const struct world *world)
{
    keep_other_checkpoint(world, true);
}
static void keep_other_epoch(const struct world *world)
{
    keep_other_checkpoint(world, false);
}

/* The answer was made for what the machine had seen before, so that it says nothing of that. */
static void a_checkpoint_that_changed_meanwhile_is_asked_about(void **state)
{
    static void (*const deeds[])(const struct world *) = {keep_other_tree, keep_other_epoch};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUFFER struct buffer kept = buffer_make(PROOF_MAX);
        activate(machine);
        world_read(world, "one/" CHECKPOINT_IN, &kept);
        const size_t requests = world->host->requests;
        world->network.now += HOUR;
        meddler.part = "/v1/activate";
        meddler.deed = deeds[i];
        assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_CONSISTENCY_WRONG);
        assert_int_equal(world->host->requests, requests + 2);
        world_write(world, "one/" CHECKPOINT_IN, buffer_slice(&kept));
    }
}

/* Of what the release has seen the host gives proof, and of nothing that was kept since: that stays. */
static void a_checkpoint_that_changed_while_a_lease_was_given_back_stays(void **state)
{
    static void (*const deeds[])(const struct world *) = {keep_other_tree, keep_other_epoch};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUFFER struct buffer before = buffer_make(PROOF_MAX);
        CLEANUP_BUFFER struct buffer kept = buffer_make(PROOF_MAX);
        CLEANUP_BUFFER struct buffer after = buffer_make(PROOF_MAX);
        size_t pieces = 1;
        activate(machine);
        world_read(world, "one/" CHECKPOINT_IN, &before);
        deeds[i](world);
        world_read(world, "one/" CHECKPOINT_IN, &kept);
        world_write(world, "one/" CHECKPOINT_IN, buffer_slice(&before));
        meddler.part = "/v1/release";
        meddler.deed = deeds[i];
        assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
        world_read(world, "one/" CHECKPOINT_IN, &after);
        assert_true(slice_equal(buffer_slice(&kept), buffer_slice(&after)));
        assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_OK);
        assert_int_equal(pieces, 0);
        world_write(world, "one/" CHECKPOINT_IN, buffer_slice(&before));
    }
}

/* Before anything is sent. */
static void a_release_that_cannot_be_made_is_told(void **state)
{
    static const struct row rows[] = {{"one/" CHECKPOINT_IN, ERR_FILE_READ},
                                      {IN "release", ERR_FILE_READ},
                                      {"one/secret/acme.example", ERR_FILE_READ}};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aval_report report = {.size = sizeof report};
        CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
        const bool was = world_has(world, rows[i].file);
        if (was)
            world_read(world, rows[i].file, &whole);
        world_put_folder(world, rows[i].file);
        assert_int_equal(aval_release(machine, NULL, &report), rows[i].code);
        assert_attempt(world, &report, &rows[i]);
        world_take_folder(world, rows[i].file);
        if (was)
            world_write(world, rows[i].file, buffer_slice(&whole));
    }
    take_secret(world);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_STATE_BROKEN);
    assert_int_equal(world->host->releases, 0);
}

/* Whatever of it is another: digests under this salt are not those of the request. */
static void an_identity_that_changed_meanwhile_drops_the_lease(void **state)
{
    static const char *const parts[] = {"/v1/introduction/", "/v1/activate"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < 2; i++) {
        struct aval_report report = {.size = sizeof report};
        meddler.part = parts[i];
        meddler.deed = change_salt;
        assert_int_equal(aval_activate(machine, NULL, &report), AVAL_STATE_CHANGED);
        assert_message(report.attempts[0].message, "product key or identity: ", ERR_STATE_CHANGED);
        assert_int_equal(world->host->requests, i);
    }
    activate(machine);
}

/* The key is gone by the time that the second host would be asked. */
static void no_further_host_is_asked_without_a_key(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    activate(machine);
    world_hosts(machine, HOST, SECOND, NULL);
    world->host->refuse = ERR_NO_SEATS;
    meddler.part = "/v1/activate";
    meddler.deed = remove_key;
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_NO_PRODUCT_KEY);
    assert_int_equal(second->introductions, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(what_a_request_is_made_of_is_there_or_nothing_is_sent),
        TEST(what_a_host_introduces_itself_with_is_kept_or_it_is_not_asked),
        TEST(what_a_lease_is_judged_by_is_there_or_it_is_not_stored),
        TEST(what_cannot_be_forgotten_of_a_lease_that_was_given_back_is_told),
        TEST(a_release_whose_ledger_cannot_be_kept_ends_no_lease),
        TEST(the_next_host_is_asked_only_where_it_could_help),
        TEST(the_next_host_is_asked_by_whoever_the_machine_is_by_then),
        TEST(no_further_host_is_asked_where_the_folder_fails),
        TEST(a_lease_that_went_with_its_key_meanwhile_is_given_back),
        TEST(a_lease_that_came_meanwhile_is_not_forgotten),
        TEST(a_release_is_signed_anew_only_for_the_lease_that_was_meant),
        TEST(a_release_is_sent_again_above_the_machines_own_leaf_alone),
        TEST(a_release_that_cannot_be_made_is_told),
        TEST(a_release_is_sent_twice_at_most),
        TEST(a_request_is_made_twice_at_most_for_its_number),
        TEST(a_checkpoint_that_changed_meanwhile_is_asked_about),
        TEST(a_checkpoint_that_changed_while_a_lease_was_given_back_stays),
        TEST(an_identity_that_changed_meanwhile_drops_the_lease),
        TEST(no_further_host_is_asked_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
