/*
 * Giving a lease back: to the host that granted it, proved by the secret behind the lock of its request.
 *
 * Always: the lease is forgotten only once the host has shown this very release in the ledger of the license's host
 * key. No denial ends it, not even one that says that nothing is held: anybody on the path can say that. Where such an
 * answer was lost on its way, the seat is free and the lease stays until it ends, or the next renewal takes a seat
 * again.
 */
#include "activation.h"

#include "base/secret.h"
#include "base/sentences.h"
#include "exchange.h"
#include "proto/api.h"
#include "session.h"
#include "state/folder.h"
#include "state/lease_files.h"

#include <stdio.h>
#include <string.h>

/* Whether the proof shows this very release in the ledger of the license's host. */
static RESULT check_proof(const struct session *session, const struct release *release, struct slice text)
{
    struct tlog_proof proof;
    struct released released;
    struct checkpoint checkpoint;
    TRY(tlog_proof_read(text, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    const struct slice leaf = slice_make(proof.extra, proof.extra_size);
    TRY(tlog_proof_verify(&proof, leaf, &session->holding.believed.license.host_key, &checkpoint));
    TRY(released_read(leaf, &released));
    ENSURE(strcmp(released.license, release->license) == 0, LEASE_OTHER_LICENSE);
    ENSURE(memcmp(released.machine.bytes, release->machine.bytes, MACHINE_ID_SIZE) == 0, LEASE_OTHER_MACHINE);
    ENSURE(secret_equal(released.secret, release->secret, RELEASE_SECRET_SIZE), PROOF_WRONG);
    return RESULT_OK;
}

static RESULT send_release(const struct session *session, const struct release *release, struct aval_attempt *attempt)
{
    CLEANUP_SECRET_BUFFER struct buffer body = buffer_make(REQUEST_MAX);
    CLEANUP_REPLY struct reply reply = {0};
    const struct result written = release_write(release, &body);
    if (!is_ok(written))
        return attempt_fail(attempt, written, "");
    TRY(exchange(session->machine, API_RELEASE, buffer_slice(&body), ANSWER_MAX, attempt, &reply));
    const struct result checked = check_proof(session, release, reply_slice(&reply));
    if (!is_ok(checked))
        return attempt_fail_answer(attempt, checked, _("the answer"));
    snprintf(attempt->message, sizeof attempt->message, "%s", _("released"));
    return RESULT_OK;
}

/* The lease that was given back is forgotten; one that somebody else stored while the host was asked stays. */
static RESULT forget(const struct session *then, struct aval_attempt *attempt, struct reason *reason)
{
    CLEANUP_LOCK int lock = -1;
    struct hash mark;
    const char *folder = then->installation->folder;
    TRY(state_lock(then->machine, &lock, reason));
    TRY(lease_files_mark(folder, &mark, reason));
    if (hash_equal(&mark, &then->lease_mark))
        return lease_files_forget(folder, reason);
    if (hash_equal(&mark, &(struct hash){0}))
        return RESULT_OK;
    return attempt_fail(attempt, FAIL(STATE_CHANGED), _("released, but another lease is in force"));
}

RESULT release_run(const aval_machine *machine, const char *product, struct aval_report *report, struct reason *reason)
{
    CLEANUP_SESSION struct session session = {0};
    struct release release = {0};
    struct installation *probe = NULL;
    TRY(installation_load(machine, product, &probe, reason));
    installation_cleanup(&probe);
    TRY(session_prepare(&session, machine, product, false, reason));
    if (!is_ok(session.holding_fault))
        return reason_say(reason, session.holding_fault, "%s", session.holding_reason.text);

    memcpy(release.license, session.holding.believed.license.id, sizeof release.license);
    release.machine = session.identity.id;
    TRY(secret_load(machine, &session.identity.id, &session.secret, reason));
    release_secret(&session.secret, &session.holding.nonce, release.secret);
    struct aval_attempt *attempt = report_add(report, session.holding.host);
    const struct result outcome = send_release(&session, &release, attempt);
    secret_wipe(&release, sizeof release);
    session_bound_waiting(&session, attempt);
    session_remember(&session, attempt);
    if (!is_ok(outcome))
        return reason_say(reason, outcome, "%s", session.holding.host);
    return forget(&session, attempt, reason);
}
