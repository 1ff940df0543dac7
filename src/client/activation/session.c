/* What the state folder says about one product; see session.h. */
#include "session.h"

#include "base/sentences.h"
#include "core/rules/clock.h"
#include "core/rules/waiting.h"
#include "state/folder.h"
#include "state/lease_files.h"
#include "system/clock.h"

#include <stdlib.h>
#include <string.h>

/* Until a license has said otherwise. */
#define RETRY_DEFAULT ((seconds)2 * HOUR)
/* As long as a host may put off a machine that has no lease in force. */
#define WAIT_MAX ((seconds)DAY)

/* A first run that is not what was written gives no grace, or spoiling it would give it anew. */
static RESULT load_first_run(struct session *session, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    struct reason words = {.text = ""};
    bool found = false;
    struct result outcome = state_read(session->installation->folder, FILE_FIRST_RUN, &text, &found, &words);
    if (is_ok(outcome) && found)
        outcome = first_run_read(buffer_slice(&text), &session->first_run);
    if (result_code(outcome) == ERR_FILE_READ || result_code(outcome) == ERR_NO_MEMORY)
        return reason_say(reason, outcome, "%s", words.text);
    session->first_run_broken = !is_ok(outcome);
    return RESULT_OK;
}

/* It is only told: one that cannot be read is as good as none. */
static void load_last_answer(struct session *session)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    bool found = false;
    const struct result read = state_read(session->installation->mine, FILE_LAST_ANSWER, &text, &found, NULL);
    session->has_last_answer =
        is_ok(read) && found && is_ok(last_answer_read(buffer_slice(&text), &session->last_answer));
}

static RESULT load_identity(struct session *session, bool secure, struct reason *reason)
{
    const char *vendor = session->installation->product.vendor;
    struct hardware_sources sources;
    if (secure) {
        TRY(identity_secure(session->machine, vendor, &session->identity, reason));
        session->has_identity = true;
    } else {
        struct reason words = {.text = ""};
        const struct result outcome =
            identity_load(session->machine, vendor, &session->identity, &session->has_identity, &words);
        if (!is_ok(outcome) && result_code(outcome) != ERR_STATE_BROKEN)
            return reason_say(reason, outcome, "%s", words.text);
        session->holding_fault = outcome;
    }
    TRY(installation_on(session->installation, session->identity.place, secure, reason));
    machine_hardware(session->machine, &sources);
    hardware_digest(&sources, session->identity.salt, &session->hardware);
    hardware_unreadable(&sources, &session->unreadable);
    return numbers_load(session->installation->mine, &session->identity.id, &session->numbers, reason);
}

static void load_holding(struct session *session)
{
    if (session->installation->edition == NULL)
        session->holding_fault = session->installation->key_fault;
    else if (is_ok(session->holding_fault) && !session->has_identity)
        session->holding_fault = FAIL(NO_LEASE);
    else if (is_ok(session->holding_fault))
        session->holding_fault = holding_load(&session->holder, &session->holding, &session->holding_reason);
}

static enum lease_standing lease_standing(struct result fault)
{
    const enum error_code code = result_code(fault);
    if (code == OK)
        return LEASE_HELD;
    return code == ERR_NO_LEASE || code == ERR_NO_PRODUCT_KEY ? LEASE_NONE : LEASE_DOUBTED;
}

void session_evaluate(struct session *session, seconds now)
{
    const struct standing standing = {
        .grace = session->first_run_broken ? 0 : session->installation->product.grace,
        .first_run = session->first_run,
        .lease = lease_standing(session->holding_fault),
        .expires = session->holding.believed.lease.expires,
        .now = now,
    };
    session->holder.now = now;
    session->evaluation = evaluate(&standing);
}

static RESULT begin(struct session *session, const aval_machine *machine, const char *product, bool secure,
                    const char *former, struct reason *reason)
{
    session->machine = machine;
    TRY(installation_load(machine, product, &session->installation, reason));
    TRY(load_first_run(session, reason));
    TRY(revocations_load(session->installation, &session->revocations));
    TRY(load_identity(session, secure, reason));
    load_last_answer(session);
    TRY(slice_copy_text(slice_of(former != NULL ? former : session->installation->mine), session->lease_folder,
                        sizeof session->lease_folder));
    session->holder = (struct holder){
        .installation = session->installation,
        .lease_folder = session->lease_folder,
        .identity = &session->identity,
        .hardware = &session->hardware,
        .unreadable = &session->unreadable,
        .revocations = session->revocations,
        .released = former != NULL ? 0 : session->numbers.released, /* it was of another license */
        .now = machine_now(machine),
    };
    load_holding(session);
    session_evaluate(session, session->holder.now);
    return RESULT_OK;
}

RESULT session_begin(struct session *session, const aval_machine *machine, const char *product, bool secure,
                     struct reason *reason)
{
    return begin(session, machine, product, secure, NULL, reason);
}

RESULT session_begin_former(struct session *session, const aval_machine *machine, const char *product,
                            const char *lease_folder, struct reason *reason)
{
    TRY(begin(session, machine, product, false, lease_folder, reason));
    return lease_files_mark(session->lease_folder, &session->lease_mark, reason);
}

void session_act_as_held(struct session *session)
{
    struct installation *const installation = session->installation;
    const struct license *const license = &session->holding.believed.license;
    if (!is_ok(session->holding_fault))
        return;
    session->as_held = true;
    installation->edition = product_edition(&installation->product, license->edition);
    installation->key =
        product_key_make((enum product_key_mode)license->mode, license->vendor, license->product, license->edition);
}

RESULT session_prepare(struct session *session, const aval_machine *machine, const char *product, bool secure,
                       struct reason *reason)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    TRY(state_lock(machine, &lock, reason));
    TRY(session_begin(session, machine, product, secure, reason));
    return lease_files_mark(session->lease_folder, &session->lease_mark, reason);
}

static bool same_key(const struct installation *a, const struct installation *b)
{
    return a->edition != NULL && b->edition != NULL && product_key_equal(&a->key, &b->key);
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
    return verifier_key_equal(&a->key, &b->key) && memcmp(a->salt, b->salt, SALT_SIZE) == 0;
}

RESULT session_again(const struct session *then, struct session *now, struct reason *reason)
{
    char name[PRODUCT_NAME_SIZE];
    installation_name(then->installation, name);
    TRY(session_begin(now, then->machine, name, false, reason));
    if (then->as_held)
        session_act_as_held(now);
    if (!same_key(then->installation, now->installation) || !now->has_identity ||
        !same_identity(&then->identity, &now->identity))
        return reason_say(reason, FAIL(STATE_CHANGED), _("product key or identity"));
    return lease_files_mark(now->lease_folder, &now->lease_mark, reason);
}

bool session_lease_stands(const struct session *then, const struct session *now)
{
    return hash_equal(&then->lease_mark, &now->lease_mark);
}

RESULT session_key(const struct session *session, struct signing_key **ret_key, struct reason *reason)
{
    const char *vendor = session->installation->product.vendor;
    struct identity now;
    bool found = false;
    TRY(identity_load(session->machine, vendor, &now, &found, reason));
    if (!found || !same_identity(&session->identity, &now))
        return reason_say(reason, FAIL(STATE_CHANGED), _("product key or identity"));
    return identity_key(session->machine, vendor, &now, ret_key, reason);
}

bool session_wants_other(const struct session *session)
{
    const struct license *const license = &session->holding.believed.license;
    return license->mode != product_key_wants(&session->installation->key) ||
           strcmp(license->edition, session->installation->edition->id) != 0;
}

/* A lease that was given again is not a day younger for it, so it is the answer that counts; in time, too, for one that
 * may follow it. */
static seconds renewal_from(const struct session *session, seconds *ret_after)
{
    const struct lease *const lease = &session->holding.believed.lease;
    const struct last_answer *const answer = &session->last_answer;
    const seconds asked = answer->asked;
    *ret_after = lease->renew_after;
    if (!session->has_last_answer || answer->code != OK || asked <= lease->issued || asked >= lease->expires ||
        clock_is_behind(session->holder.now, asked))
        return lease->issued;
    seconds after = (lease->expires - asked) / 2;
    if (after < lease->retry_after)
        after = lease->retry_after;
    if (after < lease->renew_after)
        *ret_after = after;
    return asked;
}

seconds session_renews_at(const struct session *session)
{
    seconds after;
    const seconds from = renewal_from(session, &after);
    return from + waiting_renewal(after, session->has_last_answer ? session->last_answer.draw : 0);
}

seconds session_waits_until(const struct session *session)
{
    const struct last_answer *const answer = &session->last_answer;
    if (!session->has_last_answer || answer->code == OK || answer->retry == 0 ||
        clock_is_behind(session->holder.now, answer->asked))
        return 0;
    return clock_bounded(answer->asked + answer->retry);
}

/* The lease repeats the license's interval, but it is the host that wrote it there. */
static seconds license_retry(const struct session *session)
{
    return session->holding.believed.license.retry;
}

void session_bound_waiting(const struct session *session, struct aval_attempt *attempt)
{
    const seconds most = session->evaluation.state == STATE_LICENSED ? license_retry(session) : WAIT_MAX;
    if (attempt->retry_after > most)
        attempt->retry_after = most;
}

/* Whoever denies says when to come again. Whoever does not answer may be too busy to, and is left alone for longer each
 * time. */
static void plan_next_try(const struct session *session, seconds asked_for, uint16_t draw, struct last_answer *answer)
{
    const struct last_answer *const before = &session->last_answer;
    if (session->has_last_answer)
        answer->draw = before->draw; /* the lease is renewed when it would have been */
    if (asked_for > 0) {
        answer->retry = waiting_denied(asked_for, draw);
        return;
    }
    const bool in_force = session->evaluation.state == STATE_LICENSED;
    answer->failures = session->has_last_answer && before->failures < INT64_MAX ? before->failures + 1 : 1;
    const struct unanswered unanswered = {
        .retry = is_ok(session->holding_fault) ? license_retry(session) : RETRY_DEFAULT,
        .failures = answer->failures,
        .left = in_force ? session->evaluation.until - answer->asked : 0,
    };
    answer->retry = waiting_unanswered(&unanswered, draw);
}

void session_remember(const struct session *session, const struct aval_attempt *attempt)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    if (attempt->code == AVAL_STATE_CHANGED || !is_ok(state_lock(session->machine, &lock, NULL)))
        return;
    struct last_answer answer = {.asked = machine_now(session->machine), .code = (enum error_code)attempt->code};
    memcpy(answer.host, attempt->host, sizeof answer.host);
    memcpy(answer.message, attempt->message, sizeof answer.message);
    uint16_t draw;
    entropy_fill(&draw, sizeof draw);
    if (attempt->code == AVAL_OK)
        answer.draw = draw;
    else
        plan_next_try(session, attempt->retry_after, draw, &answer);
    const char *folder = session->installation->mine;
    if (is_ok(last_answer_write(&answer, &text)))
        result_ignore(state_write(folder, FILE_LAST_ANSWER, buffer_slice(&text), MODE_FILE, NULL));
    else /* words that are no line of text; what an earlier host said must not be taken for this one's answer */
        result_ignore(state_remove(folder, FILE_LAST_ANSWER, NULL));
}

void session_end(struct session *session)
{
    free(session->revocations);
    installation_cleanup(&session->installation);
}
