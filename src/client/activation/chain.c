/* The chain behind a lease just received; see chain.h. */
#include "chain.h"

#include "base/sentences.h"
#include "proto/api.h"
#include "state/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Newer revocations are taken where they are the vendor's; that a host does not hand them out is no reason to refuse
 * its lease, since it need not have told of them either. */
void chain_refresh_revocations(struct session *session, const struct aval_attempt *asked, uint64_t sequence)
{
    const struct product *product = &session->installation->product;
    struct aval_attempt attempt = {0};
    CLEANUP_REPLY struct reply note = {0};
    char path[sizeof API_REVOCATIONS + NAME_SIZE];
    if (sequence == 0 || sequence == (session->revocations != NULL ? session->revocations->sequence : 0))
        return;
    snprintf(attempt.host, sizeof attempt.host, "%s", asked->host);
    snprintf(path, sizeof path, API_REVOCATIONS "%s", product->vendor);
    struct revocations *newer = malloc(sizeof *newer);
    const struct slice none = {0};
    if (newer == NULL || !is_ok(exchange(session->machine, path, none, NOTE_MAX, &attempt, &note)) ||
        !is_ok(revocations_open(reply_slice(&note), product->vendor_keys, product->vendor_key_count, newer)) ||
        (session->revocations != NULL && !revocations_newer(newer, session->revocations))) {
        free(newer);
        return;
    }
    free(session->revocations);
    session->revocations = newer;
    session->holder.revocations = newer;
    result_ignore(revocations_store(session->machine, session->installation, newer, reply_slice(&note), NULL));
}

/* Whether the note is the license that is named and the vendor signed it. */
static bool is_license(const struct session *session, struct slice note, const char *id)
{
    const struct product *product = &session->installation->product;
    struct license license;
    return is_ok(license_open(note, product->vendor_keys, product->vendor_key_count, &license)) &&
           strcmp(license.id, id) == 0;
}

/* The license that the host has shown, or that in the folder, where one of them is it. */
static bool have_license(const struct session *session, const char *id, struct slice shown, struct reply *reply)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    bool found = shown.size > 0 && is_license(session, shown, id);
    if (found)
        buffer_append_slice(&note, shown);
    else if (!is_ok(state_read(session->installation->mine, FILE_LICENSE, &note, &found, NULL)) || !found ||
             !is_license(session, buffer_slice(&note), id))
        return false;
    reply_free(reply);
    reply->data = (uint8_t *)buffer_take(&note, &reply->size);
    return reply->data != NULL;
}

static RESULT get_license(const struct session *session, const char *id, struct slice shown,
                          struct aval_attempt *attempt, struct reply *license)
{
    char path[sizeof API_LICENSE + NAME_SIZE];
    const struct slice none = {0};
    if (have_license(session, id, shown, license))
        return RESULT_OK;
    snprintf(path, sizeof path, API_LICENSE "%s", id);
    return exchange(session->machine, path, none, NOTE_MAX, attempt, license);
}

/* Which license the lease names. Nothing has been verified yet. */
static RESULT claimed_license(struct slice proof_text, char ret_id[static NAME_SIZE])
{
    struct tlog_proof proof;
    struct lease lease;
    struct slice note;
    TRY(tlog_proof_read(proof_text, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    TRY(lease_read(slice_make(proof.extra, proof.extra_size), &lease, &note));
    memcpy(ret_id, lease.license, NAME_SIZE);
    return RESULT_OK;
}

RESULT chain_check(struct session *session, const struct awaited *awaited, const struct answer *answer,
                   struct slice shown, struct aval_attempt *attempt, struct reply *license,
                   struct believed *ret_believed)
{
    char id[NAME_SIZE];
    const struct result named = claimed_license(answer->proof, id);
    if (!is_ok(named))
        return attempt_fail_answer(attempt, named, _("the lease"));
    chain_refresh_revocations(session, attempt, answer->revocations);
    TRY(get_license(session, id, shown, attempt, license));
    session->holder.now = machine_now(session->machine);
    const struct result believed =
        holding_verify(&session->holder, awaited, reply_slice(license), answer->proof, ret_believed);
    return is_ok(believed) ? RESULT_OK : attempt_fail_answer(attempt, believed, _("license or lease"));
}
