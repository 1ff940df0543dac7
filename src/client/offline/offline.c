/* A lease by files; see offline.h. */
#include "offline.h"

#include "activation/exchange.h"
#include "activation/grant.h"
#include "activation/session.h"
#include "base/sentences.h"
#include "core/documents/documents.h"
#include "proto/api.h"
#include "proto/introduction.h"
#include "proto/parcel.h"
#include "state/folder.h"

#include <stdio.h>
#include <string.h>

enum { STATUS_FINE = 200, STATUS_DENIED = 403, STATUS_ABSENT = 404 };

/* ---- a file as a transport ---- */

struct carrier {
    struct slice introduction;
    struct slice license;
    struct slice answer;
};

static struct slice carried_at(const struct carrier *carrier, const char *path)
{
    const struct slice asked = slice_of(path);
    if (slice_starts_with(asked, API_INTRODUCE))
        return carrier->introduction;
    if (slice_starts_with(asked, API_LICENSE))
        return carrier->license;
    return slice_is(asked, API_ACTIVATE) ? carrier->answer : (struct slice){0};
}

/* An aval_transport. */
static int carry(void *context, const char *host, const char *path, const char *body, size_t body_size,
                 const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                 int *ret_status, char *reason, size_t reason_size)
{
    (void)host, (void)body, (void)body_size, (void)authorization, (void)timeout_ms;
    const struct slice text = carried_at(context, path);
    if (text.size == 0 || text.size > capacity) {
        snprintf(reason, reason_size, "%s", _("the file does not hold it"));
        return AVAL_HOST_ANSWER;
    }
    memcpy(answer, text.data, text.size);
    *ret_size = text.size;
    *ret_status = slice_starts_with(text, "aval denial ") ? STATUS_DENIED : STATUS_FINE;
    return AVAL_OK;
}

/* The handle for one call: it sees what is parcel, and nothing else. */
static aval_machine carrying(const aval_machine *machine, struct carrier *carrier)
{
    aval_machine with = *machine;
    with.transport = carry;
    with.transport_context = carrier;
    machine_begin_asking(&with); /* a file takes no time, and is held to the limit all the same */
    return with;
}

/* ---- the request ---- */

/* The request that was made last; *ret_found is false where there is none, or none of this machine's. */
static RESULT load_request(const struct session *session, struct buffer *note, struct request *ret_request,
                           bool *ret_found, struct reason *reason)
{
    struct reason words = {.text = ""};
    const struct result read = state_read(session->installation->mine, FILE_REQUEST, note, ret_found, &words);
    if (!is_ok(read) && !state_is_foreign(read))
        return reason_say(reason, read, "%s", words.text);
    *ret_found = is_ok(read) && *ret_found && is_ok(request_open(buffer_slice(note), ret_request)) &&
                 verifier_key_equal(&ret_request->machine_key, &session->identity.key);
    return RESULT_OK;
}

/* Whom to ask without an introduction: who gave the lease, or was asked before. */
static RESULT find_host_key(const struct session *session, struct verifier_key *ret_key, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    struct request before;
    struct checkpoint known;
    bool found = false;
    if (is_ok(session->holding_fault)) {
        *ret_key = session->holding.believed.lease.request.host_key;
    } else {
        TRY(load_request(session, &note, &before, &found, reason));
        ENSURE(found, HOST_NOT_INTRODUCED);
        *ret_key = before.host_key;
    }
    TRY(checkpoint_known(session->installation, ret_key, &known, &found, reason));
    ENSURE(found, HOST_NOT_INTRODUCED);
    return RESULT_OK;
}

static RESULT fail_with(const struct aval_attempt *attempt, struct result why, struct reason *reason)
{
    return is_ok(why) || attempt->code == AVAL_OK ? why : reason_say(reason, why, "%s", attempt->host);
}

static RESULT prepare(struct session *session, const aval_machine *machine, const char *product, struct reason *reason)
{
    struct installation *probe = NULL;
    TRY(installation_load(machine, product, &probe, reason));
    installation_cleanup(&probe);
    TRY(session_prepare(session, machine, product, true, reason));
    return session->installation->edition == NULL ? session->installation->key_fault : RESULT_OK;
}

RESULT offline_request(const aval_machine *machine, const char *product, struct slice introduction, struct buffer *out,
                       struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(INTRODUCTION_MAX);
    CLEANUP_SESSION struct session session = {0};
    struct carrier carrier = {{0}, {0}, {0}};
    struct aval_attempt attempt = {0};
    struct verifier_key host_key;
    const bool introduced = introduction.size > 0;
    if (introduced) {
        const struct result unwrapped = unwrap(WRAPPED_INTRODUCTION, introduction, &text);
        if (!is_ok(unwrapped))
            return reason_say(reason, unwrapped, "%s", _("the file of the introduction"));
        carrier.introduction = buffer_slice(&text);
    }
    const aval_machine with = carrying(machine, &carrier);
    TRY(prepare(&session, &with, product, reason));
    if (!introduced)
        TRY(find_host_key(&session, &host_key, reason));
    snprintf(attempt.host, sizeof attempt.host, "%s", _("the file of the introduction"));
    return fail_with(&attempt, grant_request(&session, &attempt, introduced ? NULL : &host_key, out), reason);
}

/* ---- the answer ---- */

/* A lease by file stands under the address that its host would have on a network. */
static RESULT write_address(const struct verifier_key *host_key, char ret_host[static AVAL_HOST_SIZE])
{
    char name[HOST_NAME_SIZE];
    TRY(host_key_host(host_key, name));
    snprintf(ret_host, AVAL_HOST_SIZE, "%s:%d", name, DEFAULT_PORT);
    return RESULT_OK;
}

/* One that led to a lease is awaited no more. A later request may have been made meanwhile. */
static void forget_request(const struct session *session, struct slice note)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    CLEANUP_BUFFER struct buffer now = buffer_make(MACHINE_NOTE_MAX);
    const char *const folder = session->installation->mine;
    bool found = false;
    if (is_ok(state_lock(session->machine, &lock, NULL)) &&
        is_ok(state_read(folder, FILE_REQUEST, &now, &found, NULL)) && found && slice_equal(buffer_slice(&now), note))
        result_ignore(state_remove(folder, FILE_REQUEST, NULL));
}

static RESULT accept_carried(struct session *session, const struct parcel *parcel, struct aval_report *report,
                             struct reason *reason)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    struct request request;
    char host[AVAL_HOST_SIZE];
    bool found = false;
    TRY(load_request(session, &note, &request, &found, reason));
    ENSURE(found, NOTHING_AWAITED);
    const struct hash awaited = hash_of(buffer_slice(&note));
    if (!hash_equal(&awaited, &parcel->request))
        return reason_say(reason, FAIL(LEASE_OTHER_REQUEST), "%s",
                          _("the file answers another machine's request, or one that this machine has made a later one "
                            "after"));
    TRY(write_address(&request.host_key, host));
    struct aval_attempt *const attempt = report_add(report, host);
    const struct result outcome = grant_accept(session, attempt, buffer_slice(&note));
    session_remember(session, attempt);
    if (is_ok(outcome))
        forget_request(session, buffer_slice(&note));
    return fail_with(attempt, outcome, reason);
}

RESULT offline_accept(const aval_machine *machine, const char *product, struct slice answer, struct aval_report *report,
                      struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(PARCEL_MAX);
    CLEANUP_SESSION struct session session = {0};
    struct parcel parcel = {{{0}}, {0}, {0}};
    struct result read = unwrap(WRAPPED_ANSWER, answer, &text);
    if (is_ok(read))
        read = parcel_read(buffer_slice(&text), &parcel);
    if (!is_ok(read))
        return reason_say(reason, read, "%s", _("the file of the answer"));
    struct carrier carrier = {.license = parcel.license, .answer = parcel.answer};
    const aval_machine with = carrying(machine, &carrier);
    TRY(prepare(&session, &with, product, reason));
    return accept_carried(&session, &parcel, report, reason);
}
