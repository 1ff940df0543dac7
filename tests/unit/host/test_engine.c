/* The engine with real stores and the real signer: what machines are answered, and that every answer holds. */
#include "engine_rig.h"

#include "core/documents/leaf.h"
#include "proto/answer.h"
#include "store/ledger.h"
#include "store/operators.h"

#include <stdlib.h>
#include <string.h>

enum { MACHINES = 40 };

/* A key of that name which is none of the fixture's. */
static struct verifier_key other_host_key(const char *name)
{
    const uint8_t seed[SEED_SIZE] = {9};
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    assert_ok(signing_key_make(slice_of(name), seed, &key));
    return *signing_key_verifier(key);
}

/* ---- the rules, through the whole engine ---- */

static void a_lease_is_granted_and_believed(void **state)
{
    struct rig *const rig = *state;
    const struct believed believed = grant(rig, 1, 2);
    assert_int_equal(believed.index, 0);
    assert_int_equal(believed.checkpoint.size, 1);
    assert_int_equal(believed.lease.issued, TODAY);
    const struct metrics metrics = metrics_of(rig);
    assert_int_equal(metrics.granted, 1);
    assert_int_equal(metrics.signatures, 1);
    assert_int_equal(metrics.trouble, OK);
}

static void machines_below_the_threshold_are_refused_and_counted(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.threshold = 5;
    use_license(rig, &license);
    for (uint64_t i = 1; i < 5; i++) {
        const struct request request = fixture_request(i, 1);
        const struct denial denial = refusal(rig, i, &request);
        assert_int_equal(denial.code, ERR_BELOW_THRESHOLD);
        assert_int_equal(denial.count, i);
        assert_int_equal(denial.threshold, 5);
    }
    assert_int_equal(refuse(rig, 4, 2), ERR_BELOW_THRESHOLD); /* the same machine again does not count twice */
    grant(rig, 5, 1);
    grant(rig, 1, 2);
    assert_int_equal(denied_of(rig, ERR_BELOW_THRESHOLD), 5);
}

static void seats_end_and_come_back_by_release(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = 2;
    license.overage = 1;
    use_license(rig, &license);
    for (uint64_t i = 1; i <= 3; i++)
        grant(rig, i, 1);
    assert_int_equal(refuse(rig, 4, 1), ERR_NO_SEATS);

    struct asked asked;
    release(rig, &asked, 9, 1); /* it has no seat, whoever's it means */
    assert_int_equal(denial_of(&asked).code, ERR_RELEASE_NOTHING);
    release(rig, &asked, 2, 1);
    assert_int_equal(denial_of(&asked).code, ERR_NUMBER_USED);
    release(rig, &asked, 2, 2);
    assert_int_equal(released_of(rig, &asked), 3);
    release(rig, &asked, 2, 3);
    assert_int_equal(denial_of(&asked).code, ERR_RELEASE_NOTHING);

    grant(rig, 4, 2);
    assert_int_equal(refuse(rig, 2, 4), ERR_NO_SEATS);
}

static void a_release_again_is_answered_with_its_leaf(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    struct asked first;
    struct asked again;
    release(rig, &first, 1, 2);
    assert_int_equal(released_of(rig, &first), 1);
    grant(rig, 2, 1);
    submit_again(rig, &again, &first.job);
    await(&again);
    assert_int_equal(released_of(rig, &again), 1);
    assert_int_equal(rig->seen.size, 3);
    assert_int_equal(metrics_of(rig).released, 1);
    assert_int_equal(metrics_of(rig).repeated, 1);
}

static void a_release_under_an_unknown_license_is_refused(void **state)
{
    struct rig *const rig = *state;
    const struct release unheard = fixture_release(1, "unheard-of", 1);
    struct asked asked = {.job = {.done = answered, .context = &asked}};
    sem_init(&asked.answered, 0, 0);
    fixture_give_back(&asked.job, 1, &unheard);
    assert_ok(engine_submit(rig->engine, &asked.job));
    await(&asked);
    assert_int_equal(denial_of(&asked).code, ERR_RELEASE_NOTHING);
}

static void the_same_request_gets_the_same_lease_from_a_grown_ledger(void **state)
{
    struct rig *const rig = *state;
    const struct request request = fixture_request(1, 9);
    struct asked asked;
    struct asked again;
    submit(rig, &asked, 1, &request);
    await(&asked);
    const struct believed first = lease_of(rig, &asked);
    for (uint64_t i = 2; i <= 20; i++)
        grant(rig, i, 1);
    fixture_set_now(TODAY + 60);
    submit_again(rig, &again, &asked.job);
    await(&again);
    const struct believed second = lease_of(rig, &again);
    assert_int_equal(second.index, first.index);
    assert_int_equal(second.checkpoint.size, 20);
    assert_memory_equal(&second.lease, &first.lease, sizeof first.lease);
    assert_int_equal(metrics_of(rig).repeated, 1);
    const struct believed renewed = grant(rig, 1, 10);
    assert_int_equal(renewed.index, 20);
}

static void the_same_request_twice_in_one_batch_is_one_leaf(void **state)
{
    struct rig *const rig = *state;
    struct gate gate;
    gate_close(rig, &gate);
    struct asked asked[3];
    const struct request request = fixture_request(1, 1);
    const struct request other = fixture_request(2, 1);
    submit(rig, &asked[0], 1, &request);
    submit(rig, &asked[1], 2, &other);
    submit(rig, &asked[2], 1, &request);
    gate_open(&gate);
    for (size_t i = 0; i < 3; i++)
        await(&asked[i]);
    assert_int_equal(lease_of(rig, &asked[0]).index, 0);
    assert_int_equal(lease_of(rig, &asked[1]).index, 1);
    assert_int_equal(lease_of(rig, &asked[2]).index, 0);
    const struct metrics metrics = metrics_of(rig);
    assert_int_equal(metrics.granted, 2);
    assert_int_equal(metrics.repeated, 1);
    assert_int_equal(metrics.largest_batch, 3);
    assert_int_equal(metrics.signatures, 1);
}

/* A lease that would not end later than the one that runs is not written down again. */
static void a_lease_that_would_end_no_later_is_given_again(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    assert_int_equal(grant(rig, 1, 2).index, 0);
    assert_int_equal(grant(rig, 1, 5).index, 0);
    fixture_set_now(TODAY + 1);
    assert_int_equal(grant(rig, 1, 6).index, 1);
}

/* ---- hardware ---- */

/* Asks for other hardware than machines of the fixture have: the last of two digests is that of another disk. */
static void ask_moved(struct rig *rig, struct asked *asked, uint64_t number, const char *edition)
{
    struct request request = fixture_request(1, number);
    request.hardware.digests[1].digest[0] ^= 1;
    strcpy(request.edition, edition);
    submit(rig, asked, 1, &request);
    await(asked);
}

/* Whichever edition it has the seat of, and until it has given that back. */
static void a_key_that_has_a_seat_gets_no_lease_for_other_hardware(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "edu");
    struct asked asked;
    strcpy(license.edition, "edu");
    use_license(rig, &license);
    grant(rig, 1, 1);
    ask_moved(rig, &asked, 2, "pro");
    assert_int_equal(denial_of(&asked).code, ERR_OTHER_HARDWARE);
    ask_moved(rig, &asked, 3, "edu");
    assert_int_equal(denial_of(&asked).code, ERR_OTHER_HARDWARE);
    assert_int_equal(rig->seen.size, 1);
    assert_int_equal(grant(rig, 1, 4).index, 0);
    release(rig, &asked, 1, 5);
    assert_int_equal(released_of(rig, &asked), 1);
    ask_moved(rig, &asked, 6, "pro");
    assert_int_equal(asked.job.http_status, 200);
    job_drop_answer(&asked.job);
    assert_int_equal(refuse(rig, 1, 7), ERR_OTHER_HARDWARE);
}

/* Two digests of three are those of the lease. */
static void a_machine_that_has_changed_a_little_is_the_same(void **state)
{
    struct rig *const rig = *state;
    struct asked asked;
    for (uint8_t number = 1; number <= 3; number++) {
        struct request request = fixture_request(1, number);
        request.hardware.digests[request.hardware.count++] = (struct hardware_digest){.kind = "os", .digest = {number}};
        submit(rig, &asked, 1, &request);
        await(&asked);
        assert_int_equal(asked.job.http_status, 200);
        job_drop_answer(&asked.job);
    }
}

/* The lease is one of the same batch. */
static void nor_in_the_batch_in_which_it_gets_the_first(void **state)
{
    struct rig *const rig = *state;
    struct request requests[2] = {fixture_request(1, 1), fixture_request(1, 2)};
    struct asked asked[2];
    struct gate gate;
    requests[1].hardware.digests[1].digest[0] ^= 1;
    gate_close(rig, &gate);
    for (size_t i = 0; i < 2; i++)
        submit(rig, &asked[i], 1, &requests[i]);
    gate_open(&gate);
    await(&asked[0]);
    await(&asked[1]);
    assert_int_equal(lease_of(rig, &asked[0]).index, 0);
    assert_int_equal(denial_of(&asked[1]).code, ERR_OTHER_HARDWARE);
}

/* ---- numbers ---- */

/* Reads a denial with the last leaf of the machine behind it, and frees the answer. */
static struct leaf last_leaf_of(struct asked *asked, const struct verifier_key *machine_key)
{
    struct slice behind;
    struct denial denial;
    struct leaf leaf;
    assert_int_equal(asked->job.http_status, 409);
    assert_ok(denial_read(document_head(body_of(asked), &behind), &denial));
    assert_int_equal(denial.code, ERR_NUMBER_USED);
    assert_ok(leaf_open_own(behind, machine_key, &leaf));
    leaf.note = slice_make(NULL, 0);
    job_drop_answer(&asked->job);
    return leaf;
}

static void a_number_that_was_used_is_denied_with_the_last_leaf(void **state)
{
    struct rig *const rig = *state;
    struct asked asked;
    grant(rig, 1, 7);
    for (uint64_t number = 1; number <= 7; number += 3) {
        struct request request = fixture_request(1, number);
        request.time++;
        submit(rig, &asked, 1, &request);
        await(&asked);
        const struct leaf leaf = last_leaf_of(&asked, &request.machine_key);
        assert_int_equal(leaf.kind, LEAF_LEASE);
        assert_int_equal(leaf_number(&leaf), 7);
    }
    release(rig, &asked, 1, 8);
    job_drop_answer(&asked.job);
    release(rig, &asked, 1, 7);
    const struct request any = fixture_request(1, 1);
    const struct leaf leaf = last_leaf_of(&asked, &any.machine_key);
    assert_int_equal(leaf.kind, LEAF_RELEASED);
    assert_int_equal(leaf_number(&leaf), 8);
    assert_int_equal(refuse(rig, 1, 8), ERR_NUMBER_USED);
    assert_int_equal(grant(rig, 1, 9).index, 2);
}

/* Numbers are a product's, whatever the edition: and the last leaf is that of the other license. */
static void a_number_used_under_another_license_of_the_product_is_used(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "edu");
    strcpy(license.edition, "edu");
    use_license(rig, &license);
    grant(rig, 1, 5);
    struct request request = fixture_request(1, 5);
    strcpy(request.edition, "edu");
    struct asked asked;
    submit(rig, &asked, 1, &request);
    await(&asked);
    const struct leaf leaf = last_leaf_of(&asked, &request.machine_key);
    assert_string_equal(leaf_license(&leaf), "main");
    request.number = 6;
    submit(rig, &asked, 1, &request);
    await(&asked);
    assert_int_equal(asked.job.http_status, 200);
    job_drop_answer(&asked.job);
    assert_int_equal(refuse(rig, 1, 6), ERR_NUMBER_USED);
}

/* The leaf behind the denial is one of the same batch. */
static void a_number_used_twice_in_one_batch_is_denied_the_second_time(void **state)
{
    struct rig *const rig = *state;
    struct gate gate;
    gate_close(rig, &gate);
    struct asked asked[3];
    struct request request = fixture_request(1, 1);
    const struct request other = fixture_request(2, 1);
    submit(rig, &asked[0], 2, &other);
    submit(rig, &asked[1], 1, &request);
    request.time++;
    submit(rig, &asked[2], 1, &request);
    gate_open(&gate);
    for (size_t i = 0; i < 3; i++)
        await(&asked[i]);
    lease_of(rig, &asked[0]);
    assert_int_equal(lease_of(rig, &asked[1]).index, 1);
    const struct leaf leaf = last_leaf_of(&asked[2], &request.machine_key);
    assert_int_equal(leaf_number(&leaf), 1);
}

static RESULT lose_leaf(void *context, struct store *store, struct reason *reason)
{
    const struct machine_id machine = fixture_machine(1);
    const struct machine_row row = {
        .record = {.first_request = TODAY, .last_request = TODAY, .number = 50, .leaf = 999, .ledger = 1}};
    (void)context;
    return store_machine_put(store, 1, &machine, &row, reason);
}

/* A damaged database: the machine is denied all the same, and the others are served. */
static void where_the_last_leaf_cannot_be_read_the_denial_stands_alone(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 2, 1);
    assert_ok(engine_run(rig->engine, lose_leaf, NULL, NULL));
    const struct request request = fixture_request(1, 5);
    struct asked asked;
    struct slice behind;
    submit(rig, &asked, 1, &request);
    await(&asked);
    document_head(body_of(&asked), &behind);
    assert_int_equal(behind.size, 0);
    assert_int_equal(denial_of(&asked).code, ERR_NUMBER_USED);
    grant(rig, 3, 1);
    grant(rig, 1, 51);
}

static bool count_row(void *context, const struct machine_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return true;
}

static size_t rows_of(struct rig *rig)
{
    size_t rows = 0;
    const struct machine_filter all = {.limit = 100};
    assert_ok(store_machines(rig->store, &all, count_row, &rows, NULL));
    return rows;
}

/* ---- what machines have seen ---- */

static void a_request_for_another_host_is_denied(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 1);
    request.host_key = other_host_key(request.host_key.name);
    assert_int_equal(refusal(rig, 1, &request).code, ERR_REQUEST_OTHER_HOST);
    stop(rig);
    assert_int_equal(rows_of(rig), 0);
}

static bool count_kept(void *context, const struct denial_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return true;
}

static void a_tree_that_the_host_never_signed_leaves_nothing(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 1);
    grant(rig, 2, 1);
    grant(rig, 3, 1);
    const uint64_t sizes[] = {0, 1, 2, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        request.seen.size = sizes[i];
        request.seen.root.bytes[3] ^= 1;
        const struct denial denial = refusal(rig, 1, &request);
        assert_int_equal(denial.code, ERR_REQUEST_REFUSED);
        assert_non_null(strstr(denial.message, "(signature-wrong)"));
        request.seen.root.bytes[3] ^= 1;
    }
    strcpy(request.seen.origin, HOST "/" VENDOR "/epoch-7");
    assert_int_equal(refusal(rig, 1, &request).code, ERR_REQUEST_REFUSED);
    stop(rig);
    size_t kept = 0;
    assert_ok(store_denials(rig->store, NULL, 0, 10, count_kept, &kept, NULL));
    assert_int_equal(kept, 0);
    assert_int_equal(rows_of(rig), 2);
}

/* Of what the host has there is no need to verify the signature: it has signed it. */
static void a_tree_that_the_host_has_is_known_at_any_size(void **state)
{
    struct rig *const rig = *state;
    struct checkpoint seen[20];
    for (uint64_t i = 0; i < 20; i++) {
        grant(rig, 1 + i, 1);
        seen[i] = rig->seen;
    }
    for (uint64_t i = 0; i < 20; i++) {
        struct request request = fixture_request(100 + i, 1);
        struct asked asked;
        request.seen = fixture_seen(&seen[i]);
        request.seen.signature[9] ^= 1;
        submit(rig, &asked, 100 + i, &request);
        await(&asked);
        lease_of(rig, &asked);
    }
}

static void a_host_that_is_shown_its_own_later_tree_was_restored(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 1);
    grant(rig, 2, 1);
    struct checkpoint later = rig->seen;
    later.size = 9;
    request.seen = fixture_seen(&later);
    assert_int_equal(refusal(rig, 1, &request).code, ERR_HOST_RESTORED);
    struct checkpoint other = rig->seen;
    other.root.bytes[0] ^= 1;
    request.seen = fixture_seen(&other);
    assert_int_equal(refusal(rig, 1, &request).code, ERR_HOST_RESTORED);
    struct checkpoint epoch = rig->seen;
    strcpy(epoch.origin, HOST "/" VENDOR "/epoch-1795338000");
    request.seen = fixture_seen(&epoch);
    assert_int_equal(refusal(rig, 1, &request).code, ERR_HOST_RESTORED);
    stop(rig);
    assert_int_equal(rows_of(rig), 1);
}

/* What it was shown is in the store before the denial is answered, and keeps the ledger still from then on; the largest
 * of each epoch is kept. */
static void what_a_host_was_shown_is_kept_and_nothing_is_added_any_more(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 1);
    const struct checkpoint shown[] = {{.origin = HOST "/" VENDOR, .size = 9},
                                       {.origin = HOST "/" VENDOR "/epoch-7", .size = 2},
                                       {.origin = HOST "/" VENDOR, .size = 8}};
    grant(rig, 2, 1);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        request.seen = fixture_seen(&shown[i]);
        assert_int_equal(refusal(rig, 1, &request).code, ERR_HOST_RESTORED);
    }
    assert_int_equal(refuse(rig, 3, 1), ERR_HOST_RESTORED);
    stop(rig);
    assert_int_equal(rows_of(rig), 1);
    uint32_t ledger;
    size_t count;
    struct shown kept[SHOWN_MAX];
    assert_ok(store_ledger_find(rig->store, HOST "/" VENDOR, &ledger, NULL));
    assert_ok(store_shown(rig->store, ledger, kept, &count, NULL));
    assert_int_equal(count, 2);
    assert_int_equal(kept[0].seen.size, 9);
    assert_int_equal(kept[1].epoch, 7);
    start(rig);
    assert_int_equal(refuse(rig, 3, 1), ERR_HOST_RESTORED);
    struct ledger_standing standing;
    engine_standing(rig->engine, HOST "/" VENDOR, &standing);
    assert_int_equal(standing.trouble, ERR_HOST_RESTORED);
    assert_int_equal(standing.shown.epoch, 7);
}

/* A checkpoint of an empty ledger is there from the first moment, so that the host can introduce itself. */
static void an_empty_ledger_is_signed_and_published(void **state)
{
    struct rig *const rig = *state;
    struct published published;
    struct checkpoint checkpoint;
    assert_ok(engine_published(rig->engine, HOST "/" VENDOR, &published));
    assert_int_equal(published.size, 0);
    assert_ok(checkpoint_open(slice_of(published.note), &rig->fixture.host_key, &checkpoint));
    assert_int_equal(checkpoint.size, 0);
    stop(rig);
    uint32_t ledger;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(store_ledger_find(rig->store, HOST "/" VENDOR, &ledger, NULL));
    assert_fails(store_checkpoint_get(rig->store, ledger, &note, NULL), NOT_FOUND); /* nothing to be checked yet */
}

static RESULT block_first(void *context, struct store *store, struct reason *reason)
{
    const struct machine_id machine = fixture_machine(1);
    (void)context;
    return store_block(store, &machine, TODAY, "stolen", reason);
}

static void a_blocked_machine_is_refused(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    assert_ok(engine_run(rig->engine, block_first, NULL, NULL));
    assert_int_equal(refuse(rig, 1, 2), ERR_MACHINE_BLOCKED);
    grant(rig, 2, 1);
}

static RESULT fail_after_blocking(void *context, struct store *store, struct reason *reason)
{
    TRY(block_first(context, store, reason));
    return FAIL(NOT_FOUND);
}

static void an_errand_that_fails_leaves_nothing_behind(void **state)
{
    struct rig *const rig = *state;
    assert_fails(engine_run(rig->engine, fail_after_blocking, NULL, NULL), NOT_FOUND);
    grant(rig, 1, 1);
}

static bool count_denial(void *context, const struct denial_entry *entry)
{
    struct denial_entry *const last = context;
    last->number++;
    last->code = entry->code;
    strcpy(last->product, entry->product);
    strcpy(last->address, entry->address);
    return true;
}

static RESULT do_nothing(void *context, struct store *store, struct reason *reason)
{
    (void)context;
    (void)store;
    (void)reason;
    return RESULT_OK;
}

static void a_round_without_a_request_is_no_batch(void **state)
{
    struct rig *const rig = *state;
    for (size_t i = 0; i < 3; i++) /* each waits for the round before */
        assert_ok(engine_run(rig->engine, do_nothing, NULL, NULL));
    assert_int_equal(metrics_of(rig).batches, 0);
    grant(rig, 1, 1);
    assert_ok(engine_run(rig->engine, do_nothing, NULL, NULL));
    assert_int_equal(metrics_of(rig).batches, 1);
}

static void what_no_license_covers_is_refused_and_kept(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 1);
    strcpy(request.product, "unheard-of");
    assert_int_equal(refusal(rig, 1, &request).code, ERR_NO_LICENSE);
    strcpy(request.vendor, "nobody.example");
    request.host_key = other_host_key(HOST "/nobody.example");
    strcpy(request.seen.origin, request.host_key.name);
    assert_int_equal(refusal(rig, 1, &request).code, ERR_NO_LICENSE);
    struct denial_entry last = {.number = 0};
    stop(rig);
    assert_ok(store_denials(rig->store, &request.machine, 0, 10, count_denial, &last, NULL));
    assert_int_equal(last.number, 2);
    assert_int_equal(last.code, ERR_NO_LICENSE);
    assert_string_equal(last.product, "unheard-of");
    assert_string_equal(last.address, "192.0.2.7");
}

static void a_clock_too_far_apart_is_refused_with_both_clocks(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 1);
    request.time = TODAY - 5 * HOUR;
    const struct denial denial = refusal(rig, 1, &request);
    assert_int_equal(denial.code, ERR_CLOCK_APART);
    grant(rig, 1, 1); /* the number was not used up */
    assert_int_equal(denial.host_time, TODAY);
    assert_int_equal(denial.machine_time, TODAY - 5 * HOUR);
}

/* ---- several licenses ---- */

static void a_machine_goes_on_under_the_license_that_has_room(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = 1;
    fixture_put_license(&rig->fixture, &license);
    license = fixture_license(&rig->fixture, "second");
    license.threshold = 2; /* the first machine has counted here too, though it was not needed */
    use_license(rig, &license);
    assert_string_equal(grant(rig, 1, 1).license.id, "main");
    assert_string_equal(grant(rig, 2, 1).license.id, "second");
    fixture_set_now(TODAY + 1);
    assert_string_equal(grant(rig, 2, 2).license.id, "second"); /* renews where it holds */
    assert_string_equal(grant(rig, 1, 2).license.id, "main");
    assert_int_equal(metrics_of(rig).repeated, 0);
    assert_string_equal(grant(rig, 2, 3).license.id, "second");
    assert_int_equal(metrics_of(rig).repeated, 1);
}

static void an_ended_license_speaks_only_where_none_is_in_force(void **state)
{
    struct rig *const rig = *state;
    struct license ended = fixture_license(&rig->fixture, "a-ended");
    ended.not_before = TODAY - (seconds)400 * DAY;
    ended.issued = ended.not_before;
    ended.not_after = TODAY - DAY;
    use_license(rig, &ended);
    grant(rig, 1, 1);
    struct license full = fixture_license(&rig->fixture, "main");
    full.seats = 1;
    use_license(rig, &full);
    assert_int_equal(refuse(rig, 2, 1), ERR_NO_SEATS);
    strcpy(ended.edition, "edu");
    use_license(rig, &ended);
    struct request request = fixture_request(3, 1);
    strcpy(request.edition, "edu");
    assert_int_equal(refusal(rig, 3, &request).code, ERR_LICENSE_ENDED);
}

static void a_revoked_license_grants_nothing(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    fixture_put_revocations(&rig->fixture, 3, "main");
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    assert_int_equal(refuse(rig, 1, 2), ERR_LICENSE_REVOKED);
}

static void the_answer_tells_the_newest_revocations(void **state)
{
    struct rig *const rig = *state;
    fixture_put_revocations(&rig->fixture, 7, "some-other");
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    const struct request request = fixture_request(1, 1);
    struct asked asked;
    struct answer answer;
    submit(rig, &asked, 1, &request);
    await(&asked);
    assert_ok(answer_read(body_of(&asked), &answer));
    assert_int_equal(answer.revocations, 7);
    job_drop_answer(&asked.job);
}

static void a_vendor_enrolled_while_it_runs_is_served(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    struct signing_key *other CLEANUP_SIGNING_KEY = vendor_key("zeta.example");
    struct verifier_key host_key;
    fixture_enroll(&rig->fixture, other, &host_key);
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    struct request request = fixture_request(2, 1);
    strcpy(request.vendor, "zeta.example");
    request.host_key = host_key;
    strcpy(request.seen.origin, host_key.name);
    assert_int_equal(refusal(rig, 2, &request).code, ERR_NO_LICENSE);
    grant(rig, 1, 2);
    assert_int_equal(metrics_of(rig).trouble, OK);
}

/* ---- the ledger ---- */

static void the_ledger_grows_consistently_over_batches_of_any_size(void **state)
{
    struct rig *const rig = *state;
    static const size_t sizes[] = {1, 2, 7, 1, 30, 64, 3, 200};
    uint64_t machine = 0;
    for (size_t b = 0; b < sizeof sizes / sizeof *sizes; b++) {
        struct gate gate;
        gate_close(rig, &gate);
        struct asked *const asked = calloc(sizes[b], sizeof *asked);
        for (size_t i = 0; i < sizes[b]; i++) {
            machine++;
            struct request request = fixture_request(machine % 100, machine);
            see(rig, &request);
            submit(rig, &asked[i], machine % 100, &request);
        }
        gate_open(&gate);
        for (size_t i = 0; i < sizes[b]; i++) {
            await(&asked[i]);
            lease_of(rig, &asked[i]);
        }
        fixture_set_now(fixture_now() + 1); /* renewals end later */
        free(asked);
    }
    assert_true(metrics_of(rig).largest_batch <= 64);
    assert_true(rig->seen.size > 200);
}

static void a_restart_goes_on_where_it_was(void **state)
{
    struct rig *const rig = *state;
    for (uint64_t i = 1; i <= 5; i++)
        grant(rig, i, 1);
    stop(rig);
    if (rig->sqlite) {
        store_close(rig->store);
        open_store(rig);
    }
    start(rig);
    assert_int_equal(grant(rig, 3, 2).index, 2);
    assert_int_equal(grant(rig, 6, 1).index, 5);
}

static void the_last_checkpoint_is_in_the_store_after_the_end(void **state)
{
    struct rig *const rig = *state;
    for (uint64_t i = 1; i <= 3; i++)
        grant(rig, i, 1);
    stop(rig);
    uint32_t ledger;
    assert_ok(store_ledger_find(rig->store, HOST "/" VENDOR, &ledger, NULL));
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(store_checkpoint_get(rig->store, ledger, &note, NULL));
    struct checkpoint checkpoint;
    assert_ok(checkpoint_open(buffer_slice(&note), &rig->fixture.host_key, &checkpoint));
    assert_int_equal(checkpoint.size, 3);
    assert_true(hash_equal(&checkpoint.root, &rig->seen.root));
}

/* ---- many at once ---- */

struct crowd {
    struct rig *rig;
    uint64_t first;
    pthread_t thread;
    struct asked asked[MACHINES];
};

static void *crowd_thread(void *context)
{
    struct crowd *const crowd = context;
    for (uint64_t i = 0; i < MACHINES; i++) {
        const struct request request = fixture_request(crowd->first + i, 1);
        submit(crowd->rig, &crowd->asked[i], crowd->first + i, &request);
    }
    for (uint64_t i = 0; i < MACHINES; i++)
        await(&crowd->asked[i]);
    return NULL;
}

static void many_threads_share_the_seats_exactly(void **state)
{
    enum { THREADS = 4 };
    struct rig *const rig = *state;
    struct crowd *const crowds = calloc(THREADS, sizeof *crowds);
    for (size_t t = 0; t < THREADS; t++) {
        crowds[t].rig = rig;
        crowds[t].first = 1 + t * MACHINES;
        pthread_create(&crowds[t].thread, NULL, crowd_thread, &crowds[t]);
    }
    size_t granted = 0;
    for (size_t t = 0; t < THREADS; t++) {
        pthread_join(crowds[t].thread, NULL);
        for (size_t i = 0; i < MACHINES; i++)
            if (crowds[t].asked[i].job.http_status == 200) {
                granted++;
                lease_of(rig, &crowds[t].asked[i]);
            } else {
                assert_int_equal(denial_of(&crowds[t].asked[i]).code, ERR_NO_SEATS);
            }
    }
    free(crowds);
    assert_int_equal(granted, 100);
    assert_int_equal(rig->seen.size, 100);
}

static void a_full_queue_is_busy(void **state)
{
    struct rig *const rig = *state;
    stop(rig);
    struct authority *const authority = fixture_authority(&rig->fixture);
    struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    options.queue = 2;
    assert_ok(engine_start(&options, &rig->engine, NULL));
    authority_release(authority);
    struct gate gate;
    gate_close(rig, &gate);
    struct asked asked[2];
    for (uint64_t i = 0; i < 2; i++) {
        const struct request request = fixture_request(i + 1, 1);
        submit(rig, &asked[i], i + 1, &request);
    }
    struct job third = {.kind = JOB_ACTIVATE};
    assert_fails(engine_submit(rig->engine, &third), HOST_BUSY);
    assert_int_equal(metrics_of(rig).queued, 2);
    assert_int_equal(denied_of(rig, ERR_HOST_BUSY), 1);
    gate_open(&gate);
    for (size_t i = 0; i < 2; i++) {
        await(&asked[i]);
        lease_of(rig, &asked[i]);
    }
}

static void what_is_queued_at_the_end_is_answered(void **state)
{
    struct rig *const rig = *state;
    struct gate gate;
    gate_close(rig, &gate);
    struct asked asked[3];
    for (uint64_t i = 0; i < 3; i++) {
        const struct request request = fixture_request(i + 1, 1);
        submit(rig, &asked[i], i + 1, &request);
    }
    gate_open(&gate);
    stop(rig);
    for (size_t i = 0; i < 3; i++) {
        await(&asked[i]);
        assert_int_equal(asked[i].job.http_status, 200);
        job_drop_answer(&asked[i].job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_lease_is_granted_and_believed),
        ON_BOTH(machines_below_the_threshold_are_refused_and_counted),
        ON_BOTH(seats_end_and_come_back_by_release),
        ON_MEMORY(a_release_under_an_unknown_license_is_refused),
        ON_BOTH(a_release_again_is_answered_with_its_leaf),
        ON_BOTH(the_same_request_gets_the_same_lease_from_a_grown_ledger),
        ON_BOTH(the_same_request_twice_in_one_batch_is_one_leaf),
        ON_MEMORY(a_lease_that_would_end_no_later_is_given_again),
        ON_BOTH(a_number_that_was_used_is_denied_with_the_last_leaf),
        ON_MEMORY(a_number_used_under_another_license_of_the_product_is_used),
        ON_BOTH(a_key_that_has_a_seat_gets_no_lease_for_other_hardware),
        ON_BOTH(nor_in_the_batch_in_which_it_gets_the_first),
        ON_BOTH(a_machine_that_has_changed_a_little_is_the_same),
        ON_BOTH(a_number_used_twice_in_one_batch_is_denied_the_second_time),
        ON_BOTH(where_the_last_leaf_cannot_be_read_the_denial_stands_alone),
        ON_MEMORY(a_request_for_another_host_is_denied),
        ON_MEMORY(a_tree_that_the_host_never_signed_leaves_nothing),
        ON_BOTH(a_tree_that_the_host_has_is_known_at_any_size),
        ON_MEMORY(a_host_that_is_shown_its_own_later_tree_was_restored),
        ON_MEMORY(what_a_host_was_shown_is_kept_and_nothing_is_added_any_more),
        ON_MEMORY(an_empty_ledger_is_signed_and_published),
        ON_BOTH(a_blocked_machine_is_refused),
        ON_BOTH(an_errand_that_fails_leaves_nothing_behind),
        ON_MEMORY(a_round_without_a_request_is_no_batch),
        ON_BOTH(what_no_license_covers_is_refused_and_kept),
        ON_MEMORY(a_clock_too_far_apart_is_refused_with_both_clocks),
        ON_BOTH(a_machine_goes_on_under_the_license_that_has_room),
        ON_MEMORY(an_ended_license_speaks_only_where_none_is_in_force),
        ON_MEMORY(a_revoked_license_grants_nothing),
        ON_MEMORY(the_answer_tells_the_newest_revocations),
        ON_MEMORY(a_vendor_enrolled_while_it_runs_is_served),
        ON_BOTH(the_ledger_grows_consistently_over_batches_of_any_size),
        ON_BOTH(a_restart_goes_on_where_it_was),
        ON_BOTH(the_last_checkpoint_is_in_the_store_after_the_end),
        ON_BOTH(many_threads_share_the_seats_exactly),
        ON_MEMORY(a_full_queue_is_busy),
        ON_BOTH(what_is_queued_at_the_end_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
