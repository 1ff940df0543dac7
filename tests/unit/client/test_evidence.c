/* Evidence: what is kept of a host whose ledger does not extend what it showed before, and what stays as it was. */
#include "activation/history.h"
#include "state/evidence.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND "kms2.uni.example:8216"

static struct aval_report activate(aval_machine *machine, int expected)
{
    struct aval_report report = {.size = sizeof report};
    const int code = aval_activate(machine, NULL, &report);
    if (code != expected)
        fail_msg("%s instead of %s: %s", aval_code_name(code), aval_code_name(expected), aval_last_message(machine));
    return report;
}

/* From now on; and the ledger grows by what is asked next, since the lease that runs would end earlier. */
static void rewrite_history(struct world *world)
{
    world->network.now += HOUR;
    world->host->lie = LIE_HISTORY;
}

static size_t count(aval_machine *machine)
{
    size_t pieces = 0;
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_OK);
    return pieces;
}

/* A copy of the last piece, with texts of its own. */
struct seen_piece {
    struct aval_evidence piece;
    char finding[32];
    char asked[AVAL_HOST_SIZE];
    char ledger[KEY_NAME_SIZE];
    struct buffer text;
    size_t calls;
};

static int see(void *context, const struct aval_evidence *piece)
{
    struct seen_piece *seen = context;
    seen->piece = *piece;
    seen->calls++;
    snprintf(seen->finding, sizeof seen->finding, "%s", piece->finding);
    snprintf(seen->asked, sizeof seen->asked, "%s", piece->asked);
    snprintf(seen->ledger, sizeof seen->ledger, "%s", piece->ledger);
    buffer_clear(&seen->text);
    buffer_append(&seen->text, piece->text, piece->text_size);
    return 0;
}

static void look(aval_machine *machine, struct seen_piece *ret_seen)
{
    *ret_seen = (struct seen_piece){.text = buffer_make(EVIDENCE_TEXT_MAX)};
    assert_int_equal(aval_evidence_each(machine, see, ret_seen), AVAL_OK);
    assert_true(ret_seen->calls > 0);
}

/* Ways of not extending the ledger of two entries that the machine has seen. */

static void forget_all(struct fake_host *host)
{
    fake_host_forget(host, 0);
}
/* The machine's own request makes the second entry: the same size again. */
static void forget_last(struct fake_host *host)
{
    fake_host_forget(host, 1);
}
static void leave_out_the_proof(struct fake_host *host)
{
    host->lie = LIE_NO_CONSISTENCY;
}
static void rewrite(struct fake_host *host)
{
    host->lie = LIE_HISTORY;
}

static const struct {
    void (*misbehave)(struct fake_host *host);
    const char *finding;
    uint64_t shown;
    const char *words; /* of the message */
} rows[] = {
    {forget_all, "smaller", 1, "ledger of 1 entries shown, one of 2 entries seen before"},
    {forget_last, "two-trees", 2, "ledger of 2 entries shown, another of 2 entries seen before"},
    {leave_out_the_proof, "no-proof", 3, "ledger of 3 entries shown, one of 2 entries seen before"},
    {rewrite, "wrong-proof", 3, "ledger of 3 entries shown, one of 2 entries seen before"},
};

static void every_ledger_that_does_not_extend_the_one_seen_is_kept_as_evidence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *made = NULL;
        assert_int_equal(world_begin(&made), 0);
        struct world *world = made;
        aval_machine *machine = world_machine(world, "one");
        activate(machine, AVAL_OK);
        world->network.now += HOUR;
        activate(machine, AVAL_OK);
        assert_int_equal(count(machine), 0);
        world->network.now += HOUR;
        rows[i].misbehave(world->host);
        const struct aval_report report = activate(machine, AVAL_CONSISTENCY_WRONG);
        if (strstr(report.attempts[0].message, rows[i].words) == NULL)
            fail_msg("%s: %s", rows[i].finding, report.attempts[0].message);
        assert_non_null(strstr(report.attempts[0].message, "; kept as evidence 1): "));
        assert_int_equal(count(machine), 1);
        struct seen_piece seen;
        look(machine, &seen);
        assert_string_equal(seen.finding, rows[i].finding);
        assert_string_equal(seen.asked, HOST);
        assert_string_equal(seen.ledger, "kms.uni.example/acme.example");
        assert_int_equal(seen.piece.kept_size, 2);
        assert_int_equal(seen.piece.shown_size, rows[i].shown);
        assert_int_equal(seen.piece.time, NOW + 2 * HOUR);
        assert_int_equal(seen.piece.number, 1);
        buffer_free(&seen.text);
        assert_int_equal(world_end(&made), 0);
    }
}

/* The leaf of the later epoch must carry what is kept of the earlier one, in every part. */
static void a_later_epoch_is_taken_where_it_says_what_was_seen(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    CLEANUP_BUFFER struct buffer kept_note = buffer_make(NOTE_MAX);
    CLEANUP_BUFFER struct buffer shown_note = buffer_make(NOTE_MAX);
    const struct verifier_key *host_key = signing_key_verifier(world->host->key);
    struct checkpoint kept;
    struct checkpoint shown = {.size = 1, .root = hash_of(slice_of("another tree"))};
    struct aval_attempt attempt = {.host = HOST};
    struct seen seen;
    activate(machine, AVAL_OK);
    world_read(world, "one/" CHECKPOINT_IN, &kept_note);
    assert_true(is_ok(checkpoint_open(buffer_slice(&kept_note), host_key, &kept)));
    assert_true(is_ok(origin_write(host_key->name, 2, shown.origin)));
    assert_true(is_ok(checkpoint_sign(&shown, world->host->key, &shown_note)));
    assert_true(is_ok(installation_load(machine, PRODUCT, &installation, NULL)));
    assert_true(is_ok(seen_make(&kept, buffer_slice(&kept_note), host_key, &seen)));
    const struct seen whole = seen;
    const struct answer answer = {0};
    const struct showing showing = {.host_key = host_key,
                                    .before = &whole,
                                    .told = &seen,
                                    .checkpoint = buffer_slice(&shown_note),
                                    .answer = &answer};
    assert_int_equal(result_code(history_check(machine, installation, &showing, &attempt)), OK);
    for (int part = 0; part < 3; part++) {
        seen = whole;
        if (part == 0)
            seen.size++;
        else if (part == 1)
            seen.root.bytes[0] ^= 1;
        else
            seen.origin[0] ^= 1;
        assert_int_equal(result_code(history_check(machine, installation, &showing, &attempt)), ERR_EPOCH_UNSEEN);
    }
    assert_int_equal(count(machine), 0);
}

static void an_honest_host_leaves_no_evidence(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    aval_machine *other = world_machine(world, "other");
    for (int i = 0; i < 5; i++) {
        activate(machine, AVAL_OK);
        activate(other, AVAL_OK);
        world->network.now += HOUR;
    }
    assert_int_equal(count(machine), 0);
    assert_false(world_has(world, "one/evidence"));
}

static void evidence_holds_both_signed_checkpoints_and_what_was_asked(void **state)
{
    struct world *world = *state;
    struct buffer kept = buffer_make(NOTE_MAX);
    struct buffer shown = buffer_make(NOTE_MAX);
    struct seen_piece seen;
    struct ledger_evidence evidence;
    struct checkpoint first;
    struct checkpoint second;
    struct request request;
    size_t size = 0;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    look(machine, &seen);
    assert_true(is_ok(evidence_read(buffer_slice(&seen.text), &evidence, &size)));
    assert_int_equal(size, seen.text.size);
    assert_true(is_ok(evidence_check(&evidence, &first, &second)));
    assert_true(verifier_key_equal(&evidence.host_key, signing_key_verifier(world->host->key)));
    assert_true(is_ok(request_open(evidence.request, &request)));
    assert_int_equal(request.seen.size, 1);
    assert_int_equal(request.number, world->host->last_request.number);
    assert_int_equal(evidence.consistency_length, 1); /* the proof from one entry to two is the second */
    assert_true(hash_equal(&evidence.consistency[0], &world->host->leaves[1]));
    world_read(world, "one/evidence/1/kept", &kept);
    world_read(world, "one/evidence/1/shown", &shown);
    assert_true(slice_equal(evidence.kept, buffer_slice(&kept)));
    assert_true(slice_equal(evidence.shown, buffer_slice(&shown)));
    buffer_free(&kept);
    buffer_free(&shown);
    buffer_free(&seen.text);
}

/* The host has taken the seat back by then, but of which ledger that is part it does not show. */
static void a_release_in_another_ledger_ends_no_lease_and_is_evidence(void **state)
{
    static const struct {
        void (*misbehave)(struct fake_host *host);
        const char *finding;
        uint64_t shown;
    } ways[] = {{leave_out_the_proof, "no-proof", 3}, {rewrite, "wrong-proof", 3}, {forget_last, "two-trees", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        void *made = NULL;
        assert_int_equal(world_begin(&made), 0);
        struct world *world = made;
        aval_machine *machine = world_machine(world, "one");
        CLEANUP_BUFFER struct buffer before = buffer_make(NOTE_MAX);
        CLEANUP_BUFFER struct buffer after = buffer_make(NOTE_MAX);
        struct aval_report report = {.size = sizeof report};
        struct ledger_evidence evidence;
        struct seen_piece seen;
        struct release release;
        size_t size = 0;
        activate(machine, AVAL_OK);
        world->network.now += HOUR;
        activate(machine, AVAL_OK);
        world_read(world, "one/" CHECKPOINT_IN, &before);
        const struct machine_record record = world->host->records[0];
        ways[i].misbehave(world->host);
        world->host->records[0] = record; /* which it still knows */
        world->host->machine_count = 1;
        assert_int_equal(aval_release(machine, NULL, &report), AVAL_CONSISTENCY_WRONG);
        assert_non_null(strstr(report.attempts[0].message, "; kept as evidence 1): "));
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        assert_int_equal(world_status(machine).last_code, AVAL_CONSISTENCY_WRONG);
        world_read(world, "one/" CHECKPOINT_IN, &after);
        assert_true(slice_equal(buffer_slice(&before), buffer_slice(&after)));
        look(machine, &seen);
        assert_string_equal(seen.finding, ways[i].finding);
        assert_int_equal(seen.piece.kept_size, 2);
        assert_int_equal(seen.piece.shown_size, ways[i].shown);
        assert_true(is_ok(evidence_read(buffer_slice(&seen.text), &evidence, &size)));
        assert_true(slice_equal(evidence.kept, buffer_slice(&before)));
        assert_true(is_ok(release_open(evidence.request, &release)));
        assert_int_equal(release.number, world->host->last_release.number);
        buffer_free(&seen.text);
        assert_int_equal(world_end(&made), 0);
    }
}

static RESULT give_up(void *context, const struct evidence_piece *piece)
{
    size_t *calls = context;
    assert_int_equal(piece->number, ++*calls);
    return FAIL(NOT_FOUND);
}

static void whoever_looks_through_evidence_may_give_up(void **state)
{
    struct world *world = *state;
    size_t calls = 0;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    for (int i = 0; i < 2; i++) {
        rewrite_history(world);
        activate(machine, AVAL_CONSISTENCY_WRONG);
    }
    assert_int_equal(count(machine), 2);
    assert_int_equal(result_code(evidence_each(machine, give_up, &calls, NULL)), ERR_NOT_FOUND);
    assert_int_equal(calls, 1);
}

static void the_kept_checkpoint_and_the_lease_stay_as_they_were(void **state)
{
    struct world *world = *state;
    struct buffer before = buffer_make(NOTE_MAX);
    struct buffer after = buffer_make(NOTE_MAX);
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    world_read(world, "one/" CHECKPOINT_IN, &before);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    world_read(world, "one/" CHECKPOINT_IN, &after);
    assert_true(slice_equal(buffer_slice(&before), buffer_slice(&after)));
    const struct aval_status status = world_status(machine);
    assert_int_equal(status.state, AVAL_LICENSED);
    assert_int_equal(status.last_code, AVAL_CONSISTENCY_WRONG);
    buffer_free(&before);
    buffer_free(&after);
}

static void the_next_host_is_tried(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    activate(machine, AVAL_OK);
    world->network.now += 180 * DAY; /* before its lease ends, no other host's is taken */
    world_hosts(machine, HOST, SECOND, NULL);
    rewrite_history(world);
    const struct aval_report report = activate(machine, AVAL_OK);
    assert_int_equal(report.attempt_count, 2);
    assert_int_equal(report.attempts[0].code, AVAL_CONSISTENCY_WRONG);
    assert_string_equal(world_status(machine).license, second->license.id);
    assert_int_equal(count(machine), 1);
}

static void evidence_about_one_checkpoint_is_bounded_and_never_replaced(void **state)
{
    struct world *world = *state;
    struct buffer before = buffer_make(EVIDENCE_TEXT_MAX);
    struct buffer after = buffer_make(EVIDENCE_TEXT_MAX);
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    world_read(world, "one/evidence/1/note", &before);
    for (int i = 0; i < EVIDENCE_SAME_MAX; i++)
        activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_int_equal(count(machine), EVIDENCE_SAME_MAX);
    const struct aval_report report = activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_non_null(strstr(report.attempts[0].message, "enough evidence"));
    world_read(world, "one/evidence/1/note", &after);
    assert_true(slice_equal(buffer_slice(&before), buffer_slice(&after)));
    buffer_free(&before);
    buffer_free(&after);
}

/* A piece that was really seen; `note` is what it borrows from. */
static struct ledger_evidence piece_seen(struct world *world, aval_machine *machine, struct buffer *note)
{
    struct ledger_evidence evidence;
    size_t size = 0;
    activate(machine, AVAL_OK);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    world_read(world, "one/evidence/1/note", note);
    assert_true(is_ok(evidence_read(buffer_slice(note), &evidence, &size)));
    return evidence;
}

/* Keeps the piece with any other bytes in the place of the kept checkpoint: what they are is asked by the reader of the
 * evidence, not by its keeper. */
static unsigned keep_about(aval_machine *machine, struct ledger_evidence evidence, unsigned kept)
{
    char other[32];
    unsigned number = 99;
    snprintf(other, sizeof other, "checkpoint %u", kept);
    evidence.kept = slice_of(other);
    assert_true(is_ok(evidence_keep(machine, &evidence, &number, NULL)));
    return number;
}

static void evidence_of_all_hosts_together_is_bounded(void **state)
{
    struct world *world = *state;
    struct buffer note = buffer_make(EVIDENCE_TEXT_MAX);
    aval_machine *machine = world_machine(world, "one");
    const struct ledger_evidence evidence = piece_seen(world, machine, &note);
    for (unsigned i = 2; i <= EVIDENCE_ROOM; i++)
        assert_int_equal(keep_about(machine, evidence, i), i);
    assert_int_equal(keep_about(machine, evidence, 0), 0);
    assert_int_equal(count(machine), EVIDENCE_ROOM);
    buffer_free(&note);
}

static void what_proves_nothing_keeps_no_proof_out(void **state)
{
    struct world *world = *state;
    struct buffer note = buffer_make(EVIDENCE_TEXT_MAX);
    aval_machine *machine = world_machine(world, "one");
    struct ledger_evidence evidence = piece_seen(world, machine, &note);
    for (unsigned i = 2; i <= EVIDENCE_ROOM; i++)
        assert_int_equal(keep_about(machine, evidence, i), i);
    evidence.finding = EVIDENCE_TWO_TREES;
    for (unsigned i = 1; i <= EVIDENCE_SAME_MAX; i++)
        assert_int_equal(keep_about(machine, evidence, i), EVIDENCE_ROOM + i);
    assert_int_equal(keep_about(machine, evidence, 99), 0); /* four are enough against one key, */
    evidence.host_key = *signing_key_verifier(world->host->rogue);
    assert_int_equal(keep_about(machine, evidence, 1),
                     EVIDENCE_ROOM + EVIDENCE_SAME_MAX + 1); /* though not another's */
    buffer_free(&note);
}

static struct verifier_key key_of(uint8_t seed)
{
    uint8_t bytes[SEED_SIZE];
    struct signing_key *key = NULL;
    memset(bytes, seed, sizeof bytes);
    assert_true(is_ok(signing_key_make(slice_of("kms.uni.example/acme.example"), bytes, &key)));
    const struct verifier_key verifier = *signing_key_verifier(key);
    signing_key_free(key);
    return verifier;
}

static void proofs_keep_out_nothing_else_and_are_bounded_themselves(void **state)
{
    struct world *world = *state;
    struct buffer note = buffer_make(EVIDENCE_TEXT_MAX);
    aval_machine *machine = world_machine(world, "one");
    struct ledger_evidence evidence = piece_seen(world, machine, &note);
    const struct verifier_key key = evidence.host_key;
    evidence.finding = EVIDENCE_TWO_TREES;
    for (unsigned i = 0; i < EVIDENCE_ROOM; i++) {
        evidence.host_key = key_of((uint8_t)(100 + i / EVIDENCE_SAME_MAX));
        if (keep_about(machine, evidence, i) != i + 2)
            fail_msg("proof %u", i);
    }
    evidence.host_key = key;
    assert_int_equal(keep_about(machine, evidence, 99), 0);
    evidence.finding = EVIDENCE_WRONG_PROOF;
    assert_int_equal(keep_about(machine, evidence, 99), EVIDENCE_ROOM + 2);
    buffer_free(&note);
}

static void each_way_of_proving_nothing_has_room_of_its_own(void **state)
{
    struct world *world = *state;
    struct buffer note = buffer_make(EVIDENCE_TEXT_MAX);
    aval_machine *machine = world_machine(world, "one");
    struct ledger_evidence evidence = piece_seen(world, machine, &note);
    evidence.finding = EVIDENCE_NO_PROOF;
    for (unsigned i = 1; i <= EVIDENCE_SAME_MAX; i++)
        assert_int_equal(keep_about(machine, evidence, 1), i + 1);
    assert_int_equal(keep_about(machine, evidence, 1), 0);
    evidence.finding = EVIDENCE_SMALLER;
    assert_int_equal(keep_about(machine, evidence, 1), EVIDENCE_SAME_MAX + 2);
    buffer_free(&note);
}

static void the_last_number_is_looked_at_as_well(void **state)
{
    struct world *world = *state;
    struct buffer note = buffer_make(EVIDENCE_TEXT_MAX);
    char last[PATH_SIZE];
    aval_machine *machine = world_machine(world, "one");
    (void)piece_seen(world, machine, &note);
    snprintf(last, sizeof last, "%s/one/evidence/%u", world->root, (unsigned)EVIDENCE_COUNT_MAX);
    assert_true(is_ok(folder_make(last, 0700, NULL)));
    world_write(world, "one/evidence/64/note", buffer_slice(&note));
    assert_int_equal(count(machine), 2);
    buffer_free(&note);
}

static void a_piece_that_was_changed_is_named_and_the_others_are_still_shown(void **state)
{
    struct world *world = *state;
    struct buffer note = buffer_make(EVIDENCE_TEXT_MAX);
    struct seen_piece seen = {.text = buffer_make(EVIDENCE_TEXT_MAX)};
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    world_read(world, "one/evidence/1/note", &note);
    world_write(world, "one/evidence/1/note", slice_make(note.data, note.size - 1));
    assert_int_equal(aval_evidence_each(machine, see, &seen), AVAL_STATE_BROKEN);
    assert_non_null(strstr(aval_last_message(machine), "evidence/1/note"));
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.piece.number, 2);
    size_t pieces = 0;
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_STATE_BROKEN);
    /* and its number is not given to another */
    activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_true(world_has(world, "one/evidence/3/note"));
    buffer_free(&note);
    buffer_free(&seen.text);
}

static void evidence_that_cannot_be_written_does_not_hide_the_refusal(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    world_write(world, "one/evidence", slice_of("in the way"));
    rewrite_history(world);
    const struct aval_report report = activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_non_null(strstr(report.attempts[0].message, "evidence could not be kept (file-write): "));
    assert_non_null(strstr(report.attempts[0].message, "/one/evidence"));
    assert_null(strstr(report.attempts[0].message, "/one/evidence/1/")); /* where it did not come to */
}

/* Each file of a piece by itself; the note is written last, so that a piece without it is none. */
static void evidence_is_kept_as_a_whole_or_not_at_all(void **state)
{
    static const char *const files[] = {"one/evidence/1/kept", "one/evidence/1/shown"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    size_t pieces = 9;
    activate(machine, AVAL_OK);
    rewrite_history(world);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_SIZE];
        assert_true(is_ok(path_join(path, world->root, files[i])));
        assert_true(is_ok(folder_make(path, 0700, NULL)));
        const struct aval_report report = activate(machine, AVAL_CONSISTENCY_WRONG);
        assert_non_null(strstr(report.attempts[0].message, "evidence could not be kept (file-write): "));
        assert_non_null(strstr(report.attempts[0].message, path)); /* and where */
        assert_false(world_has(world, "one/evidence/1/note"));
        assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_OK);
        assert_int_equal(pieces, 0);
        assert_int_equal(rmdir(path), 0);
    }
    const struct aval_report report = activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_non_null(strstr(report.attempts[0].message, "kept as evidence 1"));
}

static void evidence_that_cannot_be_read_is_named_and_none_is_added(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    size_t pieces = 9;
    activate(machine, AVAL_OK);
    rewrite_history(world);
    assert_true(is_ok(path_join(path, world->root, "one/evidence/1/note")));
    assert_true(is_ok(folder_make(path, 0700, NULL)));
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_FILE_READ);
    assert_memory_equal(aval_last_message(machine), path, strlen(path));
    assert_int_equal(pieces, 9);
    const struct aval_report report = activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_non_null(strstr(report.attempts[0].message, "evidence could not be kept (file-read)"));
    assert_false(world_has(world, "one/evidence/2"));
}

/* Too much is as wrong as too little, and so is what is larger than any evidence. */
static void a_piece_with_something_behind_it_is_broken(void **state)
{
    struct world *world = *state;
    struct buffer note = buffer_make((size_t)2 * EVIDENCE_TEXT_MAX);
    aval_machine *machine = world_machine(world, "one");
    size_t pieces = 0;
    activate(machine, AVAL_OK);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    world_read(world, "one/evidence/1/note", &note);
    const size_t size = note.size;
    buffer_append_byte(&note, '\n');
    world_write(world, "one/evidence/1/note", buffer_slice(&note));
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_STATE_BROKEN);
    while (note.size <= EVIDENCE_TEXT_MAX)
        buffer_append_byte(&note, '\n');
    world_write(world, "one/evidence/1/note", buffer_slice(&note));
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_STATE_BROKEN);
    world_write(world, "one/evidence/1/note", slice_make(note.data, size));
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_OK);
    assert_int_equal(pieces, 1);
    buffer_free(&note);
}

static int note_number(void *context, const struct aval_evidence *piece)
{
    struct buffer *numbers = context;
    buffer_printf(numbers, "%u ", piece->number);
    return 0;
}

/* The machine's first piece. */
static void copy_to_system(struct world *world, unsigned number)
{
    char folder[PATH_SIZE];
    char note[64];
    snprintf(folder, sizeof folder, "%s/system/evidence/%u", world->root, number);
    snprintf(note, sizeof note, "system/evidence/%u/note", number);
    assert_true(is_ok(folder_make(folder, 0700, NULL)));
    world_copy(world, "one/evidence/1/note", note);
}

/* A user's own product lies in his own folder, and so does what its hosts have shown; that of the system's folder hides
 * nothing of it. */
static void evidence_of_the_system_and_of_ones_own_is_seen_together(void **state)
{
    struct world *world = *state;
    CLEANUP_BUFFER struct buffer numbers = buffer_make(64);
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    copy_to_system(world, 1);
    copy_to_system(world, 2);
    assert_true(is_ok(path_join(machine->system, world->root, "one/hosts"))); /* is no folder: nothing is shown then */
    assert_int_equal(aval_evidence_each(machine, note_number, &numbers), AVAL_FILE_READ);
    assert_int_equal(numbers.size, 0);
    assert_true(is_ok(path_join(machine->system, world->root, "system")));
    assert_int_equal(count(machine), 3);
    assert_int_equal(aval_evidence_each(machine, note_number, &numbers), AVAL_OK);
    assert_string_equal(buffer_text(&numbers), "1 2 1 ");
    const struct aval_report report = activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_non_null(strstr(report.attempts[0].message, "kept as evidence 3")); /* one that is nobody's yet */
    assert_true(world_has(world, "one/evidence/3/note"));

    buffer_clear(&numbers);
    world_write(world, "system/evidence/1/note", slice_of("spoiled\n"));
    assert_int_equal(aval_evidence_each(machine, note_number, &numbers), AVAL_STATE_BROKEN);
    assert_non_null(strstr(aval_last_message(machine), "system/evidence/1/note"));
    assert_string_equal(buffer_text(&numbers), "2 1 3 ");
}

/* Who finds the same number in both folders still has a piece more than if none were kept. */
static void where_the_system_has_every_number_one_of_them_is_taken(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    for (unsigned number = 1; number <= EVIDENCE_COUNT_MAX; number++)
        copy_to_system(world, number);
    assert_true(is_ok(path_join(machine->system, world->root, "system")));
    const struct aval_report report = activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_non_null(strstr(report.attempts[0].message, "kept as evidence 2"));
    assert_true(world_has(world, "one/evidence/2/note"));
}

static int stop_at_first(void *context, const struct aval_evidence *piece)
{
    (void)piece;
    (*(int *)context)++;
    return 1;
}

static void the_walk_ends_when_it_is_told_to(void **state)
{
    struct world *world = *state;
    int calls = 0;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    rewrite_history(world);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_int_equal(aval_evidence_each(machine, stop_at_first, &calls), AVAL_OK);
    assert_int_equal(calls, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ledger_that_does_not_extend_the_one_seen_is_kept_as_evidence),
        TEST(a_later_epoch_is_taken_where_it_says_what_was_seen),
        TEST(an_honest_host_leaves_no_evidence),
        TEST(evidence_holds_both_signed_checkpoints_and_what_was_asked),
        TEST(a_release_in_another_ledger_ends_no_lease_and_is_evidence),
        TEST(whoever_looks_through_evidence_may_give_up),
        TEST(the_kept_checkpoint_and_the_lease_stay_as_they_were),
        TEST(the_next_host_is_tried),
        TEST(evidence_about_one_checkpoint_is_bounded_and_never_replaced),
        TEST(evidence_of_all_hosts_together_is_bounded),
        TEST(what_proves_nothing_keeps_no_proof_out),
        TEST(proofs_keep_out_nothing_else_and_are_bounded_themselves),
        TEST(each_way_of_proving_nothing_has_room_of_its_own),
        TEST(the_last_number_is_looked_at_as_well),
        TEST(a_piece_that_was_changed_is_named_and_the_others_are_still_shown),
        TEST(evidence_that_cannot_be_written_does_not_hide_the_refusal),
        TEST(evidence_is_kept_as_a_whole_or_not_at_all),
        TEST(evidence_that_cannot_be_read_is_named_and_none_is_added),
        TEST(a_piece_with_something_behind_it_is_broken),
        TEST(evidence_of_the_system_and_of_ones_own_is_seen_together),
        TEST(where_the_system_has_every_number_one_of_them_is_taken),
        TEST(the_walk_ends_when_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
