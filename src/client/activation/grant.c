/*
 * One host's lease; see grant.h.
 *
 *   1. under the lock: the request is made, with a nonce of its own and the size of the last checkpoint seen of that
 *      host's ledger (session_prepare has read what it is made from, and whoever called has the lock no more)
 *   2. it goes out; license and revocations are fetched where they are not here, and every link is looked at
 *   3. under the lock: everything is read again. Does the request still stand, and does the chain hold with what the
 *      folder says now? The ledger must extend the checkpoint that is kept of it; where that is not the one whose size
 *      the request named, the same request goes out again with the right one, which the host answers with the same
 *      lease. Where the ledger does not extend it, both signed checkpoints are kept as evidence
 *   4. a lease in force makes room only for one that does not end earlier, from the host whose key its license names or
 *      under that license (core/rules/replacement.h)
 *   5. lease and checkpoint are stored; of a lease that is passed over the checkpoint alone, so that its host too is
 *      held to what it has shown
 */
#include "grant.h"

#include "base/secret.h"
#include "base/sentences.h"
#include "chain.h"
#include "core/rules/replacement.h"
#include "history.h"
#include "proto/api.h"
#include "state/folder.h"
#include "state/lease_files.h"
#include "system/clock.h"

#include <stdio.h>
#include <string.h>

/* One request for a host whose ledger is new here, one with the size that is known; and once more where somebody else
 * stored a later checkpoint at that very moment. */
enum { SENDS_MAX = 3 };

struct grant {
    struct session *session;
    struct aval_attempt *attempt;
    struct request request;
    bool has_seen;
    struct checkpoint seen; /* whose size the request names */
    struct buffer request_text;
    struct reply answer_text;
    struct answer answer; /* borrows from answer_text */
    struct reply license;
    struct believed believed;
};

/* What came of a lease that is believed. */
enum placing {
    PLACING_STORED,
    PLACING_OVERTAKEN, /* another call has stored a later one */
    PLACING_SEND_AGAIN /* with the size of the checkpoint that is known by now */
};

/* The ledger behind a host is known once it has given a lease; before, and behind other hosts, it is not. */
static void find_seen(struct grant *grant)
{
    const struct session *session = grant->session;
    if (!is_ok(session->holding_fault) || strcmp(session->holding.host, grant->attempt->host) != 0)
        return;
    const struct verifier_key *host_key = &session->holding.believed.license.host_key;
    if (!is_ok(checkpoint_known(session->installation, host_key, &grant->seen, &grant->has_seen, NULL)))
        grant->has_seen = false;
}

static void request_make(struct grant *grant)
{
    const struct session *session = grant->session;
    const struct installation *installation = session->installation;
    struct request *request = &grant->request;
    uint8_t secret[RELEASE_SECRET_SIZE];
    snprintf(request->vendor, sizeof request->vendor, "%s", installation->product.vendor);
    snprintf(request->product, sizeof request->product, "%s", installation->product.product);
    snprintf(request->edition, sizeof request->edition, "%s", installation->edition->id);
    request->machine = session->identity.id;
    request->hardware = session->hardware;
    entropy_fill(request->nonce.bytes, sizeof request->nonce.bytes);
    release_secret(&session->secret, &request->nonce, secret);
    request->lock = hash_of(slice_make(secret, sizeof secret));
    secret_wipe(secret, sizeof secret);
    request->time = session->holder.now;
    request->state = session->evaluation.state;
    find_seen(grant);
}

static RESULT request_send(struct grant *grant)
{
    buffer_clear(&grant->request_text);
    grant->request.seen = grant->has_seen ? grant->seen.size : 0;
    const struct result written = request_write(&grant->request, &grant->request_text);
    if (!is_ok(written))
        return attempt_fail(grant->attempt, written, "");
    TRY(exchange(grant->session->machine, API_ACTIVATE, buffer_slice(&grant->request_text), ANSWER_MAX, grant->attempt,
                 &grant->answer_text));
    const struct result read = answer_read(reply_slice(&grant->answer_text), &grant->answer);
    return is_ok(read) ? RESULT_OK : attempt_fail_answer(grant->attempt, read, _("the answer"));
}

static bool checkpoint_equal(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->size == b->size && hash_equal(&a->root, &b->root) && strcmp(a->origin, b->origin) == 0;
}

/* Whether the lease may take the place of what is in the folder now. */
static RESULT check_place(const struct grant *grant, const struct session *now, bool *ret_overtaken)
{
    *ret_overtaken = false;
    if (session_lease_stands(grant->session, now))
        return RESULT_OK;
    ENSURE(is_ok(now->holding_fault), STATE_CHANGED);
    const struct believed *ours = &grant->believed;
    const struct believed *theirs = &now->holding.believed;
    ENSURE(verifier_key_equal(&ours->license.host_key, &theirs->license.host_key), STATE_CHANGED);
    ENSURE(strcmp(ours->checkpoint.origin, theirs->checkpoint.origin) == 0, STATE_CHANGED);
    *ret_overtaken = theirs->index > ours->index;
    return RESULT_OK;
}

static RESULT check_history(const struct grant *grant, const struct session *now)
{
    struct tlog_proof proof;
    const struct result read = tlog_proof_read(grant->answer.proof, &proof);
    if (!is_ok(read))
        return attempt_fail_answer(grant->attempt, read, _("the lease"));
    const struct showing showing = {
        .host_key = &grant->believed.license.host_key,
        .checkpoint = proof.checkpoint,
        .consistency = grant->answer.consistency,
        .consistency_length = grant->answer.consistency_length,
        .request = buffer_slice(&grant->request_text),
    };
    return history_check(now->machine, now->installation, &showing, grant->attempt);
}

static RESULT write_lease(const struct grant *grant, const struct session *now, struct reason *reason)
{
    const struct lease_files text = {
        .proof = grant->answer.proof,
        .license = reply_slice(&grant->license),
        .request = buffer_slice(&grant->request_text),
        .host = grant->attempt->host,
    };
    return lease_files_store(now->installation->folder, &text, reason);
}

/* The checkpoint of a lease that was believed is the one signed by its license's key, so it is kept by that. */
static RESULT write_checkpoint(const struct grant *grant, const struct session *now, struct reason *reason)
{
    struct tlog_proof proof;
    TRY(tlog_proof_read(grant->answer.proof, &proof));
    return checkpoint_keep(now->installation, &grant->believed.license.host_key, proof.checkpoint, reason);
}

/* Whether the lease in force, where there is one, makes room. */
static RESULT check_replacement(const struct grant *grant, const struct session *now)
{
    char ends[TIME_TEXT_SIZE];
    char stays[TIME_TEXT_SIZE];
    struct reason detail = {.text = ""};
    if (now->evaluation.state != STATE_LICENSED)
        return RESULT_OK;
    const struct believed *mine = &now->holding.believed;
    const struct result outcome = replacement_check(mine, &grant->believed);
    if (is_ok(outcome))
        return RESULT_OK;
    time_write(grant->believed.lease.expires, ends);
    time_write(mine->lease.expires, stays);
    const struct result why = reason_say(&detail, outcome, _("until %s under license %s; in force until %s under %s"),
                                         ends, grant->believed.license.id, stays, mine->license.id);
    return attempt_fail(grant->attempt, why, detail.text);
}

/* That the checkpoint of a lease passed over cannot be written must not hide why it was. */
static RESULT keep_what_counts(const struct grant *grant, const struct session *now)
{
    struct reason words = {.text = ""};
    const struct result allowed = check_replacement(grant, now);
    struct result outcome = is_ok(allowed) ? write_lease(grant, now, &words) : RESULT_OK;
    if (is_ok(outcome))
        outcome = write_checkpoint(grant, now, &words);
    if (!is_ok(allowed))
        return allowed;
    return is_ok(outcome) ? RESULT_OK : attempt_fail(grant->attempt, outcome, words.text);
}

static void say_lease(const struct grant *grant, const struct believed *believed, bool others)
{
    struct aval_attempt *attempt = grant->attempt;
    attempt->code = AVAL_OK;
    snprintf(attempt->message, sizeof attempt->message,
             others ? _("lease %llu of the ledger of %s, stored by somebody else meanwhile")
                    : _("lease %llu of the ledger of %s"),
             (unsigned long long)believed->index, believed->checkpoint.origin);
}

/* With the lock, and with what the folder says now. */
static RESULT place_lease(struct grant *grant, struct session *now, enum placing *ret_placing)
{
    struct checkpoint known;
    bool found = false;
    bool overtaken = false;
    struct result outcome = check_place(grant, now, &overtaken);
    if (!is_ok(outcome))
        return attempt_fail(grant->attempt, outcome, _("the lease"));
    if (overtaken) {
        say_lease(grant, &now->holding.believed, true);
        *ret_placing = PLACING_OVERTAKEN;
        return RESULT_OK;
    }
    outcome = holding_verify(&now->holder, &grant->request.nonce, true, reply_slice(&grant->license),
                             grant->answer.proof, &grant->believed);
    if (!is_ok(outcome))
        return attempt_fail_answer(grant->attempt, outcome, _("license or lease"));
    struct reason words = {.text = ""};
    outcome = checkpoint_known(now->installation, &grant->believed.license.host_key, &known, &found, &words);
    if (!is_ok(outcome))
        return attempt_fail(grant->attempt, outcome, words.text);
    if (found && !(grant->has_seen && checkpoint_equal(&known, &grant->seen))) {
        grant->has_seen = true;
        grant->seen = known;
        *ret_placing = PLACING_SEND_AGAIN;
        return RESULT_OK;
    }
    TRY(check_history(grant, now));
    TRY(keep_what_counts(grant, now));
    say_lease(grant, &grant->believed, false);
    *ret_placing = PLACING_STORED;
    return RESULT_OK;
}

static RESULT lease_store(struct grant *grant, enum placing *ret_placing)
{
    CLEANUP_LOCK int lock = -1;
    CLEANUP_SESSION struct session now = {0};
    struct reason words = {.text = ""};
    struct result outcome = state_lock(grant->session->machine, &lock, &words);
    if (is_ok(outcome))
        outcome = session_again(grant->session, &now, &words);
    if (!is_ok(outcome))
        return attempt_fail(grant->attempt, outcome, words.text);
    return place_lease(grant, &now, ret_placing);
}

static RESULT obtain(struct grant *grant)
{
    for (int i = 0; i < SENDS_MAX; i++) {
        enum placing placing = PLACING_STORED;
        TRY(request_send(grant));
        TRY(chain_check(grant->session, &grant->request.nonce, &grant->answer, grant->attempt, &grant->license,
                        &grant->believed));
        TRY(lease_store(grant, &placing));
        if (placing != PLACING_SEND_AGAIN)
            return RESULT_OK;
    }
    return attempt_fail(grant->attempt, FAIL(STATE_CHANGED), _("the checkpoint"));
}

RESULT grant_obtain(struct session *session, struct aval_attempt *attempt)
{
    struct grant grant = {.session = session, .attempt = attempt, .request_text = buffer_make(REQUEST_MAX)};
    session_evaluate(session, machine_now(session->machine));
    request_make(&grant);
    const struct result outcome = obtain(&grant);
    session_bound_waiting(session, attempt);
    buffer_free(&grant.request_text);
    reply_free(&grant.answer_text);
    reply_free(&grant.license);
    return outcome;
}
