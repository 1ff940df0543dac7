/*
 * Getting a lease: the hosts in turn, until one gives a lease in whose chain every link holds. What is done with each
 * is in grant.c.
 */
#include "activation.h"

#include "base/sentences.h"
#include "exchange.h"
#include "grant.h"
#include "hosts/candidates.h"
#include "release/formers.h"
#include "session.h"
#include "state/folder.h"

static bool is_due(const struct session *session)
{
    if (!is_ok(session->holding_fault) || session->evaluation.state != STATE_LICENSED)
        return true;
    return session_wants_other(session) || session->holder.now >= session_renews_at(session);
}

/* Where files cannot be written, or somebody else is changing this product at the same time, no other host can help. */
static bool ends_search(struct result outcome)
{
    const enum error_category category = error_info(result_code(outcome))->category;
    return is_ok(outcome) || category == CATEGORY_FILES || category == CATEGORY_CONFLICT;
}

/* The folder may have changed while a host was asked, so the next request is made from what it says by then. */
static RESULT prepare_again(struct session *session, struct reason *reason)
{
    char name[PRODUCT_NAME_SIZE];
    const aval_machine *machine = session->machine;
    const bool as_held = session->as_held;
    installation_name(session->installation, name);
    session_end(session);
    *session = (struct session){0};
    TRY(session_prepare(session, machine, name, true, reason));
    if (as_held)
        session_act_as_held(session);
    return session->installation->edition == NULL ? session->installation->key_fault : RESULT_OK;
}

/* One that got its lease by files, and has nobody to ask, is renewed by them too: for a timer that is no failure. */
static bool lives_by_files(const struct session *session)
{
    struct host_list hosts;
    return session->evaluation.state == STATE_LICENSED && session->holding.believed.lease.offline &&
           is_ok(candidates_known(session->machine, &hosts, NULL)) && hosts.count == 0;
}

/* DNS is asked last, and only where nobody before has helped. What it says fails the search where it is all there is.
 */
static RESULT discover(aval_machine *machine, const struct session *session, struct host_list *hosts,
                       struct reason *reason)
{
    struct service_list found;
    struct reason words = {.text = ""};
    if (!candidates_can_discover(machine))
        return hosts->count > 0 ? RESULT_OK : FAIL(NO_HOST_KNOWN);
    const bool time_is_left = machine_share_time(machine, 3); /* and two for the hosts that it may name */
    if (hosts->count > 0 && !time_is_left)
        return RESULT_OK;
    const struct result outcome = candidates_discover(machine, session->holding.host, &found, &words);
    if (is_ok(outcome))
        candidates_add(hosts, &found);
    return is_ok(outcome) || hosts->count > 0 ? RESULT_OK : reason_say(reason, outcome, "%s", words.text);
}

/* The report speaks for the search. */
static RESULT conclude(const struct session *session, const struct aval_report *report, struct reason *reason)
{
    const struct aval_attempt *verdict = report_verdict(report);
    session_remember(session, verdict);
    if (verdict->code == AVAL_OK)
        return RESULT_OK;
    return reason_say(reason, FAIL_CODE(verdict->code), "%s", verdict->host);
}

/* Every host has its share of the time, and so has DNS, while it is still to be asked. */
static RESULT try_hosts(aval_machine *machine, struct session *session, bool only_when_due, struct aval_report *report,
                        struct reason *reason)
{
    struct host_list hosts;
    bool looked = false;
    TRY(candidates_known(machine, &hosts, reason));
    for (size_t i = 0;; i++) {
        if (i == hosts.count && !looked) {
            looked = true;
            TRY(discover(machine, session, &hosts, reason));
        }
        const size_t waiting = hosts.count - i + (looked || !candidates_can_discover(machine) ? 0 : 1);
        if (i == hosts.count || (!machine_share_time(machine, waiting) && i > 0))
            break;
        if (i > 0 || looked)
            TRY(prepare_again(session, reason));
        if (i > 0 && only_when_due && !is_due(session))
            return RESULT_OK; /* somebody else has renewed meanwhile */
        if (ends_search(grant_obtain(session, report_add(report, hosts.addresses[i]))))
            break;
    }
    return conclude(session, report, reason);
}

/* Nobody is asked before the time that was kept for it: what was said last still stands. */
static RESULT say_waiting(const struct session *session, seconds until, struct reason *reason)
{
    const struct last_answer *const answer = &session->last_answer;
    char text[TIME_TEXT_SIZE];
    if (session->evaluation.state == STATE_LICENSED)
        return RESULT_OK;
    time_write(until, text);
    return reason_say(reason, FAIL_CODE(answer->code), _("%s; not asked again before %s, but by `aval activate`"),
                      answer->host, text);
}

/* For whoever cannot write where the product lies: all is well as long as nothing is to be done. */
static RESULT look_only(const aval_machine *machine, const char *product, bool only_when_due, struct reason *reason)
{
    CLEANUP_SESSION struct session session = {0};
    TRY(session_begin(&session, machine, product, false, reason));
    if (session.installation->edition == NULL)
        return session.installation->key_fault;
    return only_when_due && !is_due(&session) ? RESULT_OK : state_check_owner(machine, reason);
}

/* A lease in force that the product key is not for any more is renewed all the same, where there is none for the key
 * yet. */
static bool renew_held(aval_machine *machine, struct session *session, struct aval_report *report)
{
    struct reason words = {.text = ""};
    const bool held = is_ok(session->holding_fault) && session->evaluation.state == STATE_LICENSED;
    if (!held || !session_wants_other(session) || session->holder.now < session_renews_at(session))
        return false;
    session->as_held = true;
    return is_ok(prepare_again(session, &words)) && is_ok(try_hosts(machine, session, true, report, &words));
}

static RESULT ask_hosts(aval_machine *machine, const char *product, struct session *session, bool only_when_due,
                        struct aval_report *report, struct reason *reason)
{
    machine_begin_asking(machine);
    struct result outcome = try_hosts(machine, session, only_when_due, report, reason);
    if (!is_ok(outcome) && renew_held(machine, session, report) && only_when_due)
        outcome = RESULT_OK;
    formers_release(machine, product);
    return outcome;
}

/* Nothing is due, but a seat may be left to be given back. */
static RESULT rest(aval_machine *machine, const char *product)
{
    if (formers_are_there(machine, product)) {
        machine_begin_asking(machine);
        formers_release(machine, product);
    }
    return RESULT_OK;
}

RESULT activation_run(aval_machine *machine, const char *product, bool only_when_due, struct aval_report *report,
                      struct reason *reason)
{
    CLEANUP_SESSION struct session session = {0};
    struct installation *probe = NULL;
    /* Before anything is made in a folder where nothing is installed. */
    TRY(installation_load(machine, product, &probe, reason));
    installation_cleanup(&probe);
    if (!is_ok(state_check_owner(machine, NULL)))
        return look_only(machine, product, only_when_due, reason);
    TRY(session_prepare(&session, machine, product, true, reason));
    if (session.installation->edition == NULL)
        return session.installation->key_fault;
    if (only_when_due && !is_due(&session))
        return rest(machine, product);
    if (only_when_due && lives_by_files(&session))
        return RESULT_OK;
    const seconds until = session_waits_until(&session);
    if (only_when_due && session.holder.now < until)
        return say_waiting(&session, until, reason);
    return ask_hosts(machine, product, &session, only_when_due, report, reason);
}
