/*
 * Giving a lease back: to the host that granted it, by a note that this machine signs.
 *
 * Always: the lease is forgotten only once the host has shown this very note in the ledger of its key, and that this
 * ledger extends what the note says to have been seen (history.h). That checkpoint is kept before the lease goes: the
 * next request shows it, so that a host which was restored from a copy that does not know the release finds that out.
 * No denial ends the lease, not even one that says that nothing is held: anybody on the path can say that.
 *
 * The note is kept from before it is sent until it is answered. Where the answer was lost on its way, the next release
 * sends the very same note, which a host that has written it down answers with the same leaf. Where the host has heard
 * something newer of this machine since, it denies the note for its number, and another is signed at once. What it
 * denies for good (nothing is held, the time in the note is too long ago) is dropped, so that the next release signs
 * anew.
 */
#include "release.h"

#include "activation/exchange.h"
#include "activation/history.h"
#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "proto/api.h"
#include "state/folder.h"
#include "state/lease_files.h"

#include <stdio.h>
#include <string.h>

struct giving_back {
    struct session *session;
    struct aval_attempt *attempt;
    struct numbers least; /* what the number must be above, where the note is signed anew */
    struct release release;
    struct buffer note;
    struct reply reply;   /* the answer's text, or what stands behind a denial */
    struct answer answer; /* borrows from it */
};

/* The note */

/* Whether what is kept was made to give this very lease back. */
static bool fits(const struct session *session, const struct release *release)
{
    const struct believed *held = &session->holding.believed;
    return verifier_key_equal(&release->machine_key, &session->identity.key) &&
           verifier_key_equal(&release->host_key, &held->lease.request.host_key) &&
           strcmp(release->license, held->license.id) == 0 && release->number > held->lease.request.number;
}

/* *ret_found is false where nothing is kept that would do. */
static RESULT take_kept(struct giving_back *giving, bool *ret_found, struct reason *reason)
{
    struct reason words = {.text = ""};
    bool found = false;
    const struct result read = state_read(giving->session->lease_folder, FILE_RELEASE, &giving->note, &found, &words);
    if (!is_ok(read) && !state_is_foreign(read))
        return reason_say(reason, read, "%s", words.text);
    *ret_found = is_ok(read) && found && is_ok(release_open(buffer_slice(&giving->note), &giving->release)) &&
                 fits(giving->session, &giving->release);
    return RESULT_OK;
}

/* What this machine has seen of the host: what is kept of its ledger, or else what came with the lease. */
static RESULT find_seen(const struct session *session, struct seen *ret_seen, struct reason *reason)
{
    const struct verifier_key *host_key = &session->holding.believed.lease.request.host_key;
    CLEANUP_BUFFER struct buffer text = buffer_make(PROOF_MAX);
    struct checkpoint checkpoint;
    struct tlog_proof proof;
    bool found = false;
    TRY(checkpoint_known_note(session->installation, host_key, &text, &found, reason));
    if (found && is_ok(checkpoint_open(buffer_slice(&text), host_key, &checkpoint)))
        return seen_make(&checkpoint, buffer_slice(&text), host_key, ret_seen);
    buffer_clear(&text);
    TRY(state_read(session->lease_folder, FILE_LEASE, &text, &found, reason));
    ENSURE(found, STATE_CHANGED);
    TRY(tlog_proof_read(buffer_slice(&text), &proof));
    return seen_make(&session->holding.believed.checkpoint, proof.checkpoint, host_key, ret_seen);
}

/* Kept before it is sent, or a lost answer could not be asked for again. */
static RESULT sign_anew(struct giving_back *giving, struct reason *reason)
{
    const struct session *session = giving->session;
    const struct believed *held = &session->holding.believed;
    struct release *release = &giving->release;
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    *release = (struct release){
        .machine_key = session->identity.key,
        .machine = session->identity.id,
        .host_key = held->lease.request.host_key,
        .time = machine_now(session->machine),
    };
    memcpy(release->license, held->license.id, sizeof release->license);
    buffer_clear(&giving->note);
    TRY(session_key(session, &key, reason));
    TRY(find_seen(session, &release->seen, reason));
    TRY(numbers_take(session->installation->mine, &giving->least, &release->number, reason));
    TRY(release_write(release, &text));
    TRY(machine_note_sign(buffer_slice(&text), key, &giving->note));
    return state_write(session->lease_folder, FILE_RELEASE, buffer_slice(&giving->note), MODE_FILE, reason);
}

/* `anew`: also where one is kept. */
static RESULT make_note(struct giving_back *giving, bool anew, struct reason *reason)
{
    const struct session *session = giving->session;
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    struct hash mark;
    bool kept = false;
    TRY(state_lock(session->machine, &lock, reason));
    TRY(lease_files_mark(session->lease_folder, &mark, reason));
    if (!hash_equal(&mark, &session->lease_mark))
        return reason_say(reason, FAIL(STATE_CHANGED), _("the lease"));
    if (!anew)
        TRY(take_kept(giving, &kept, reason));
    return kept ? RESULT_OK : sign_anew(giving, reason);
}

/* The answer */

/* Whether the proof shows this very release in the ledger of the host. */
static RESULT check_proof(const struct giving_back *giving)
{
    struct tlog_proof proof;
    struct released released;
    struct checkpoint checkpoint;
    struct slice note;
    TRY(tlog_proof_read(giving->answer.proof, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    const struct slice leaf = slice_make(proof.extra, proof.extra_size);
    TRY(tlog_proof_verify(&proof, leaf, &giving->release.host_key, &checkpoint));
    TRY(released_read(leaf, &released, &note));
    ENSURE(slice_equal(note, buffer_slice(&giving->note)), LEASE_OTHER_REQUEST);
    return RESULT_OK;
}

/* Sends what was made. */
static RESULT send_note(struct giving_back *giving)
{
    attempt_begin(giving->attempt);
    TRY(exchange_signed(giving->session->machine, API_RELEASE, buffer_slice(&giving->note), giving->attempt,
                        &giving->reply, &giving->answer));
    const struct result checked = check_proof(giving);
    if (!is_ok(checked))
        return attempt_fail_answer(giving->attempt, checked, _("the answer"));
    snprintf(giving->attempt->message, sizeof giving->attempt->message, "%s", _("released"));
    return RESULT_OK;
}

/* Where a leaf that this machine has signed itself stands behind the denial, it goes on above that. */
static void raise_number(struct giving_back *giving)
{
    struct leaf leaf;
    if (is_ok(leaf_open_own(reply_slice(&giving->reply), &giving->session->identity.key, &leaf)))
        giving->least.last = leaf_number(&leaf);
}

/* What was denied for good gets no other answer. */
static void drop_kept(const struct giving_back *giving)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    struct aval_attempt *attempt = giving->attempt;
    struct reason words = {.text = ""};
    const struct session *session = giving->session;
    if (!is_ok(state_lock(session->machine, &lock, NULL)) ||
        !is_ok(state_remove(session->lease_folder, FILE_RELEASE, NULL)))
        return;
    reason_add(&words, _("%.300s (this release is not sent again; the next one is signed anew)"), attempt->message);
    snprintf(attempt->message, sizeof attempt->message, "%.500s", words.text);
}

static RESULT give_back(struct giving_back *giving)
{
    struct result outcome = RESULT_OK;
    for (int i = 0; i < 2; i++) {
        struct reason words = {.text = ""};
        outcome = make_note(giving, i > 0, &words);
        if (!is_ok(outcome))
            return attempt_fail(giving->attempt, outcome, words.text);
        outcome = send_note(giving);
        if (result_code(outcome) != ERR_NUMBER_USED)
            break;
        raise_number(giving);
    }
    if (result_code(outcome) == ERR_RELEASE_NOTHING || result_code(outcome) == ERR_CLOCK_APART)
        drop_kept(giving);
    return outcome;
}

/* The lease that was given back is forgotten, and so is one that was asked for before; one that was asked for after it
 * and stored while the host was asked stays. */
static RESULT forget(const struct giving_back *giving, struct reason *reason)
{
    const struct session *then = giving->session;
    const char *folder = then->installation->mine;
    char name[PRODUCT_NAME_SIZE];
    struct hash mark;
    CLEANUP_SESSION struct session now = {0};
    if (strcmp(folder, then->lease_folder) != 0)
        return lease_files_forget(then->lease_folder, reason); /* what is in force is of another license, and stays */
    TRY(numbers_keep_release(folder, &then->identity.id, giving->release.number, reason));
    TRY(lease_files_mark(folder, &mark, reason));
    if (hash_equal(&mark, &then->lease_mark) || hash_equal(&mark, &(struct hash){0}))
        return lease_files_forget(folder, reason);
    installation_name(then->installation, name);
    TRY(session_begin(&now, then->machine, name, false, reason));
    if (result_code(now.holding_fault) == ERR_NO_LEASE)
        return lease_files_forget(folder, reason);
    return attempt_fail(giving->attempt, FAIL(STATE_CHANGED), _("released, but another lease is in force"));
}

/* With the lock. What is wrong with the host's ledger ends nothing. */
static RESULT conclude(const struct giving_back *giving, struct reason *reason)
{
    const struct session *session = giving->session;
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    struct showing showing = {
        .host_key = &giving->release.host_key,
        .asked = buffer_slice(&giving->note),
        .before = &giving->release.seen,
        .told = &giving->release.seen,
        .answer = &giving->answer,
    };
    TRY(state_lock(session->machine, &lock, reason));
    struct result outcome = history_shown(&giving->answer, &showing.checkpoint);
    if (is_ok(outcome))
        outcome = history_check(session->machine, session->installation, &showing, giving->attempt);
    if (!is_ok(outcome))
        return reason_say(reason, outcome, "%s", session->holding.host);
    TRY(history_keep(session->installation, &showing, reason));
    return forget(giving, reason);
}

RESULT release_held(struct session *session, struct aval_attempt *attempt, struct reason *reason)
{
    struct giving_back giving = {
        .session = session,
        .attempt = attempt,
        .least = {.machine = session->identity.id, .last = session->holding.believed.lease.request.number},
        .note = buffer_make(MACHINE_NOTE_MAX),
    };
    struct result outcome = give_back(&giving);
    outcome = is_ok(outcome) ? conclude(&giving, reason) : reason_say(reason, outcome, "%s", session->holding.host);
    buffer_free(&giving.note);
    reply_free(&giving.reply);
    return outcome;
}

RESULT release_run(aval_machine *machine, const char *product, struct aval_report *report, struct reason *reason)
{
    CLEANUP_SESSION struct session session = {0};
    struct installation *probe = NULL;
    TRY(installation_load(machine, product, &probe, reason));
    installation_cleanup(&probe);
    TRY(session_prepare(&session, machine, product, false, reason));
    if (!is_ok(session.holding_fault))
        return reason_say(reason, session.holding_fault, "%s", session.holding_reason.text);

    struct aval_attempt *const attempt = report_add(report, session.holding.host);
    const struct result outcome = release_held(&session, attempt, reason);
    session_bound_waiting(&session, attempt);
    session_remember(&session, attempt);
    return outcome;
}
