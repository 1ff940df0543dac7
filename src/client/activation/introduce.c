/* What a host says of itself; see introduce.h. */
#include "introduce.h"

#include "base/sentences.h"
#include "chain.h"
#include "core/rules/replacement.h"
#include "proto/api.h"
#include "proto/introduction.h"

#include <stdio.h>

void introduced_free(struct introduced *introduced)
{
    reply_free(&introduced->text);
    *introduced = (struct introduced){0};
}

static RESULT ask(const struct session *session, struct aval_attempt *attempt, struct reply *reply)
{
    const struct installation *installation = session->installation;
    const struct slice none = {0};
    char path[sizeof API_INTRODUCE + (size_t)3 * NAME_SIZE + sizeof "/" API_COUNTED];
    const bool counted = product_key_wants(&installation->key) == LICENSE_COUNTED;
    snprintf(path, sizeof path, API_INTRODUCE "%s/%s/%s%s", installation->product.vendor, installation->product.product,
             installation->edition->id, counted ? "/" API_COUNTED : "");
    return exchange(session->machine, path, none, INTRODUCTION_MAX, attempt, reply);
}

/* Whether the lease in force, where there is one, would make room for a lease under that license. */
static RESULT check_replacement(const struct session *session, const struct license *license,
                                struct aval_attempt *attempt)
{
    char stays[TIME_TEXT_SIZE];
    struct reason detail = {.text = ""};
    const struct believed *mine = &session->holding.believed;
    if (session->evaluation.state != STATE_LICENSED ||
        (session->revocations != NULL &&
         revocations_hold(session->revocations, &mine->license, &mine->lease.request.host_key)))
        return RESULT_OK;
    const struct result outcome = replacement_check_license(mine, license);
    if (is_ok(outcome))
        return RESULT_OK;
    time_write(mine->lease.expires, stays);
    reason_add(&detail, _("license %s; in force until %s under %s"), license->id, stays, mine->license.id);
    return attempt_fail(attempt, outcome, detail.text);
}

static RESULT look_at(struct session *session, const struct introduction *introduction, struct aval_attempt *attempt,
                      struct introduced *introduced)
{
    struct license *license = &introduced->license;
    const struct verifier_key *host_key = NULL;
    struct checkpoint checkpoint;
    chain_refresh_revocations(session, attempt, introduction->revocations);
    struct result outcome = holding_verify_license(&session->holder, introduction->license, license);
    if (!is_ok(outcome))
        return attempt_fail_answer(attempt, outcome, _("the license"));
    if (license->mode != product_key_wants(&session->installation->key))
        return attempt_fail(attempt, FAIL(LICENSE_OTHER_MODE), license->id);
    TRY(check_replacement(session, license, attempt));
    outcome = license_open_checkpoint(license, introduction->checkpoint, &checkpoint, &host_key);
    if (!is_ok(outcome))
        return attempt_fail_answer(attempt, outcome, _("the checkpoint"));
    if (session->revocations != NULL && revocations_hold(session->revocations, license, host_key))
        return attempt_fail_answer(attempt, FAIL(LICENSE_REVOKED), _("the checkpoint"));
    introduced->host_key = *host_key;
    return RESULT_OK;
}

RESULT introduce(struct session *session, struct aval_attempt *attempt, struct introduced *introduced)
{
    struct introduction introduction;
    introduced_free(introduced);
    TRY(ask(session, attempt, &introduced->text));
    const struct result read = introduction_read(reply_slice(&introduced->text), &introduction);
    if (!is_ok(read))
        return attempt_fail_answer(attempt, read, _("the introduction"));
    TRY(look_at(session, &introduction, attempt, introduced));
    introduced->license_note = introduction.license;
    introduced->checkpoint = introduction.checkpoint;
    return RESULT_OK;
}
