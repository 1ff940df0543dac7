/* The state of a product, worked out afresh; see status.h. Takes no lock. */
#include "status.h"

#include "activation/session.h"
#include "base/sentences.h"
#include "core/rules/clock.h"
#include "core/rules/explain.h"
#include "state/folder.h"
#include "state/records.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)AVAL_UNLICENSED == (int)STATE_UNLICENSED && (int)AVAL_GRACE == (int)STATE_GRACE &&
                   (int)AVAL_LICENSED == (int)STATE_LICENSED && (int)AVAL_EXPIRED_GRACE == (int)STATE_EXPIRED_GRACE &&
                   (int)AVAL_NOTIFICATION == (int)STATE_NOTIFICATION,
               "the states of the API are those of the documents");
_Static_assert((int)AVAL_ID_SIZE == (int)NAME_SIZE && (int)AVAL_ID_SIZE == (int)FEATURE_VALUE_SIZE,
               "ids and values of features fit");

#define COPY(to, from) snprintf((to), sizeof(to), "%s", (from))

/* Grace that cannot be recorded is not given, or it would never end. */
static void record_first_run(struct session *session)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    const seconds now = session->holder.now;
    if (!first_run_is_due(&(struct standing){.first_run = session->first_run, .now = now}) ||
        session->first_run_broken || !is_ok(state_check_owner(session->machine, NULL)))
        return;
    if (is_ok(first_run_write(now, &text)) &&
        is_ok(state_write(session->installation->folder, FILE_FIRST_RUN, buffer_slice(&text), MODE_FILE, NULL)))
        session->first_run = now;
}

static void tell_installation(const struct session *session, struct aval_status *status)
{
    const struct installation *installation = session->installation;
    char text[PRODUCT_KEY_TEXT_SIZE];
    COPY(status->vendor, installation->product.vendor);
    COPY(status->product, installation->product.product);
    COPY(status->title, installation->product.title);
    if (session->has_identity)
        machine_id_write(&session->identity.id, status->machine_id);
    if (installation->edition == NULL)
        return;
    COPY(status->edition, installation->edition->id);
    status->key_counted = product_key_wants(&installation->key) == LICENSE_COUNTED;
    product_key_write(&installation->key, text);
    COPY(status->key_suffix, text + strlen(text) - 5);
}

static void tell_lease(const struct session *session, struct aval_status *status)
{
    const struct believed *believed = &session->holding.believed;
    const struct lease *lease = &believed->lease;
    struct checkpoint seen;
    bool found = false;
    char host[HOST_NAME_SIZE] = "";
    result_ignore(host_key_host(&lease->request.host_key, host));
    COPY(status->license, believed->license.id);
    COPY(status->customer, believed->license.customer);
    COPY(status->activation_host, host);
    if (session->evaluation.state == STATE_LICENSED)
        COPY(status->edition, believed->license.edition); /* whichever the product key is for by now */
    status->issued = lease->issued;
    status->expires = lease->expires;
    status->renew_at = session_renews_at(session);
    status->ledger_index = believed->index;
    status->license_ends = believed->license.not_after;
    status->test = believed->license.test;
    status->counted = believed->license.mode == LICENSE_COUNTED;
    if (!is_ok(checkpoint_known(session->installation, &lease->request.host_key, &seen, &found, NULL)) || !found)
        seen = believed->checkpoint;
    status->ledger_size = seen.size;
    result_ignore(origin_epoch(seen.origin, lease->request.host_key.name, &status->ledger_epoch));
    if (session->evaluation.state != STATE_LICENSED)
        return;
    status->feature_count = lease->features.count;
    for (size_t i = 0; i < lease->features.count; i++) {
        COPY(status->features[i], lease->features.names[i]);
        COPY(status->feature_values[i], lease->features.values[i]);
    }
}

static void tell_last_answer(const struct session *session, struct aval_status *status)
{
    const struct last_answer *answer = &session->last_answer;
    if (!session->has_last_answer)
        return;
    COPY(status->last_host, answer->host);
    COPY(status->last_message, answer->message);
    status->last_code = (int)answer->code;
    status->last_asked = answer->asked;
    status->retry_at = session_waits_until(session);
}

/* A counted lease that lasts to its license's end has nothing to fear of a host that denies, but where that says that
 * another product key is needed. */
static bool needs_no_host(const struct session *session)
{
    const struct believed *believed = &session->holding.believed;
    const enum error_code last = session->last_answer.code;
    return is_ok(session->holding_fault) && session->evaluation.state == STATE_LICENSED &&
           believed->license.mode == LICENSE_COUNTED && believed->lease.expires == believed->license.not_after &&
           last != ERR_VOLUME_ONLY && last != ERR_COUNTED_ONLY;
}

/* Licensed for one edition, and waiting for another. */
static void tell_other_key(const struct session *session, struct aval_status *status)
{
    const struct edition *const wanted = session->installation->edition;
    char before[AVAL_MESSAGE_SIZE];
    if (session->evaluation.state != STATE_LICENSED || wanted == NULL ||
        strcmp(session->holding.believed.license.edition, wanted->id) == 0)
        return;
    COPY(before, status->why);
    snprintf(status->why, sizeof status->why,
             _("%.350s The product key is for edition %s: this lease stays until there is one for that."), before,
             wanted->id);
}

/* What the host last denied outweighs a lease that still runs: it is not renewed. */
static void tell_why(const struct session *session, struct aval_status *status)
{
    const struct error_info *const last = error_info((enum error_code)status->last_code);
    char sentence[DENIAL_MESSAGE_SIZE];
    const bool failed = status->last_code != AVAL_OK && !is_ok(session->holding_fault);
    if (session->has_last_answer && !needs_no_host(session) && (last->category == CATEGORY_DENIAL || failed)) {
        COPY(status->why, status->last_message);
    } else if (is_ok(session->holding_fault)) {
        explain_lease(&session->holding.believed.lease, session->holder.now, sentence);
        COPY(status->why, sentence);
        tell_other_key(session, status);
    } else {
        COPY(status->why, _(error_info((enum error_code)status->code)->sentence));
    }
}

RESULT status_work_out(const aval_machine *machine, const char *product, struct aval_status *ret_status,
                       struct reason *reason)
{
    CLEANUP_SESSION struct session session = {0};
    TRY(session_begin(&session, machine, product, false, reason));
    record_first_run(&session);
    session_evaluate(&session, session.holder.now);

    struct aval_status status = {.size = sizeof status};
    status.state = (enum aval_state)session.evaluation.state;
    status.state_until = clock_bounded(session.evaluation.until);
    status.code = (int)result_code(session.holding_fault);
    if (status.code == AVAL_OK && status.state != AVAL_LICENSED)
        status.code = AVAL_LEASE_EXPIRED;
    tell_installation(&session, &status);
    if (is_ok(session.holding_fault))
        tell_lease(&session, &status);
    tell_last_answer(&session, &status);
    tell_why(&session, &status);
    *ret_status = status;
    return RESULT_OK;
}
