/* What the state folder says about one product; see session.h. */
#include "session.h"

#include "base/secret.h"
#include "state/folder.h"
#include "state/lease_files.h"

#include <stdlib.h>
#include <string.h>

/* Until a license has said otherwise. */
#define RETRY_DEFAULT ((seconds)2 * HOUR)

static RESULT load_records(struct session *session)
{
    const char *folder = session->installation->folder;
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    bool found = false;
    const struct result first = state_read(folder, FILE_FIRST_RUN, &text, &found);
    if (result_code(first) == ERR_FILE_READ)
        return first;
    /* A first run that cannot be read gives no grace, or spoiling it would give it anew. */
    session->first_run_broken =
        !is_ok(first) || (found && !is_ok(first_run_read(buffer_slice(&text), &session->first_run)));
    buffer_clear(&text);
    const struct result last = state_read(folder, FILE_LAST_ANSWER, &text, &found);
    session->has_last_answer =
        is_ok(last) && found && is_ok(last_answer_read(buffer_slice(&text), &session->last_answer));
    return RESULT_OK;
}

static RESULT load_identity(struct session *session, bool secure)
{
    struct hardware_sources sources;
    if (secure) {
        TRY(identity_secure(session->machine, &session->identity));
        session->has_identity = true;
    } else {
        const struct result outcome = identity_load(session->machine, &session->identity, &session->has_identity);
        if (result_code(outcome) != ERR_STATE_BROKEN)
            TRY(outcome);
        session->holding_fault = outcome;
        session->machine->detail[0] = 0;
    }
    machine_hardware(session->machine, &sources);
    hardware_digest(&sources, session->identity.salt, &session->hardware);
    return RESULT_OK;
}

static void load_holding(struct session *session)
{
    if (session->installation->edition == NULL)
        session->holding_fault = session->installation->key_fault;
    else if (is_ok(session->holding_fault) && !session->has_identity)
        session->holding_fault = FAIL(NO_LEASE);
    else if (is_ok(session->holding_fault))
        session->holding_fault = holding_load(&session->holder, &session->holding);
}

static enum lease_evidence lease_evidence(struct result fault)
{
    const enum error_code code = result_code(fault);
    if (code == OK)
        return LEASE_HELD;
    return code == ERR_NO_LEASE || code == ERR_NO_PRODUCT_KEY ? LEASE_NONE : LEASE_DOUBTED;
}

void session_evaluate(struct session *session, seconds now)
{
    const struct evidence evidence = {
        .grace = session->installation->product.grace,
        .first_run = session->first_run,
        .lease = lease_evidence(session->holding_fault),
        .expires = session->holding.believed.lease.expires,
        .now = now,
    };
    session->holder.now = now;
    session->evaluation = evaluate(&evidence);
}

RESULT session_begin(struct session *session, aval_machine *machine, const char *product, bool secure)
{
    session->machine = machine;
    TRY(installation_load(machine, product, &session->installation));
    TRY(load_records(session));
    TRY(revocations_load(session->installation, &session->revocations));
    TRY(load_identity(session, secure));
    session->holder = (struct holder){
        .installation = session->installation,
        .identity = &session->identity,
        .hardware = &session->hardware,
        .revocations = session->revocations,
        .now = machine_now(machine),
    };
    load_holding(session);
    session_evaluate(session, session->holder.now);
    return RESULT_OK;
}

RESULT session_prepare(struct session *session, aval_machine *machine, const char *product, bool secure)
{
    CLEANUP_LOCK int lock = -1;
    TRY(state_lock(machine, &lock));
    TRY(session_begin(session, machine, product, secure));
    return lease_files_mark(session->installation->folder, &session->lease_mark);
}

static bool same_key(const struct installation *a, const struct installation *b)
{
    char first[PRODUCT_KEY_TEXT_SIZE];
    char second[PRODUCT_KEY_TEXT_SIZE];
    if (a->edition == NULL || b->edition == NULL)
        return false;
    product_key_write(&a->key, first);
    product_key_write(&b->key, second);
    return strcmp(first, second) == 0;
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
    return memcmp(a->id.bytes, b->id.bytes, MACHINE_ID_SIZE) == 0 && secret_equal(a->salt, b->salt, SALT_SIZE) &&
           secret_equal(a->secret, b->secret, ROOT_SECRET_SIZE);
}

RESULT session_again(const struct session *then, struct session *now)
{
    char name[PRODUCT_NAME_SIZE];
    installation_name(then->installation, name);
    TRY(session_begin(now, then->machine, name, false));
    ENSURE(same_key(then->installation, now->installation), STATE_CHANGED);
    ENSURE(now->has_identity && same_identity(&then->identity, &now->identity), STATE_CHANGED);
    return lease_files_mark(now->installation->folder, &now->lease_mark);
}

bool session_lease_stands(const struct session *then, const struct session *now)
{
    return hash_equal(&then->lease_mark, &now->lease_mark);
}

void session_remember(const struct session *session, const struct aval_attempt *attempt)
{
    CLEANUP_LOCK int lock = -1;
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    if (attempt->code == AVAL_STATE_CHANGED || !is_ok(state_lock(session->machine, &lock)))
        return;
    struct last_answer answer = {.asked = machine_now(session->machine), .code = (enum error_code)attempt->code};
    memcpy(answer.host, attempt->host, sizeof answer.host);
    memcpy(answer.message, attempt->message, sizeof answer.message);
    if (attempt->code != AVAL_OK) {
        answer.retry = is_ok(session->holding_fault) ? session->holding.believed.lease.retry_after : RETRY_DEFAULT;
        if (attempt->retry_after > 0)
            answer.retry = attempt->retry_after;
    }
    const char *folder = session->installation->folder;
    if (is_ok(last_answer_write(&answer, &text)))
        result_ignore(state_write(folder, FILE_LAST_ANSWER, buffer_slice(&text), MODE_FILE));
    else /* words that are no line of text; what an earlier host said must not be taken for this one's answer */
        result_ignore(state_remove(folder, FILE_LAST_ANSWER));
}

void session_end(struct session *session)
{
    free(session->revocations);
    installation_cleanup(&session->installation);
    identity_wipe(&session->identity);
}
