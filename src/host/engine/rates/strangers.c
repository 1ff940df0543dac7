/* Machines that the host does not know yet; see strangers.h. */
#include "rates/strangers.h"

#include "ledgers.h"
#include "state.h"

#include "core/rules/clock.h"
#include "core/rules/explain.h"

#include <string.h>

enum {
    ASKED_AT_ONCE = 64, /* rows of the store */
    SECOND_MILLISECONDS = 1000,
};
/* Whoever is one of many waits for longer than it takes until there is one token. */
#define RETRY_NEW_LEAST ((seconds)10 * MINUTE)
#define RETRY_NEW_MOST  ((seconds)DAY)

/* ---- who is new ---- */

static bool is_known(const struct machine_found *found)
{
    return found->row.record.first_request > 0 || found->blocked;
}

static bool is_of_product(const struct catalog_license *license, const char *product)
{
    return strcmp(license->product, product) == 0;
}

/* That is what the batch has fetched. */
static bool is_known_for(const struct engine *engine, const struct entry *entry, const char *product)
{
    const struct catalog_vendor *const vendor = entry->vendor;
    for (size_t i = 0; i < vendor->known_count; i++)
        if (is_of_product(&vendor->known[i], product) &&
            is_known(fetched_of(&engine->fetched, vendor->known[i].number, &entry->machine)))
            return true;
    return false;
}

static RESULT ask_store(struct engine *engine, const struct machine_key *keys, size_t count, bool *known)
{
    struct machine_found found[ASKED_AT_ONCE];
    TRY(store_fetch(engine->options.store, keys, count, found, &engine->reason));
    for (size_t i = 0; i < count; i++)
        *known |= is_known(&found[i]);
    return RESULT_OK;
}

/* It may have come for another product of the vendor before, which is looked up for those alone that are not known for
 * this one. */
static RESULT is_known_for_others(struct engine *engine, const struct entry *entry, bool *ret_known)
{
    const struct request *const request = &entry->job->request;
    const struct catalog_vendor *const vendor = entry->vendor;
    struct machine_key keys[ASKED_AT_ONCE];
    size_t count = 0;
    *ret_known = false;
    for (size_t i = 0; i < vendor->known_count && !*ret_known; i++) {
        if (is_of_product(&vendor->known[i], request->product))
            continue;
        keys[count++] = (struct machine_key){.license = vendor->known[i].number, .machine = request->machine};
        if (count == ASKED_AT_ONCE) {
            TRY(ask_store(engine, keys, count, ret_known));
            count = 0;
        }
    }
    return count > 0 && !*ret_known ? ask_store(engine, keys, count, ret_known) : RESULT_OK;
}

/* ---- the rates ---- */

static seconds retry_in(int64_t milliseconds)
{
    const int64_t wait = milliseconds / SECOND_MILLISECONDS + 1;
    return wait < RETRY_NEW_LEAST ? RETRY_NEW_LEAST : wait > RETRY_NEW_MOST ? RETRY_NEW_MOST : wait;
}

static struct denial denial_of(const struct new_rates *limits, enum rates_verdict verdict, int64_t wait)
{
    const struct new_rate *const limit = verdict == RATES_ALL ? &limits->all : &limits->address;
    struct denial denial = denial_make(ERR_TOO_MANY_NEW, retry_in(wait));
    denial.has_rate = true;
    denial.rate_of = verdict == RATES_ALL ? RATE_OF_ALL : RATE_OF_ADDRESS;
    denial.at_once = limit->at_once;
    denial.per_hour = limit->per_hour;
    explain_denial(&denial);
    return denial;
}

RESULT stranger_admit(struct engine *engine, struct entry *entry, bool *ret_admitted, struct denial *ret_denial)
{
    const struct job *const job = entry->job;
    *ret_admitted = true;
    /* A request at another time leaves no row. */
    if (job->own || !clock_agrees(job->request.time, entry->vendor->ledger->now) ||
        is_known_for(engine, entry, job->request.product))
        return RESULT_OK;
    bool known;
    TRY(is_known_for_others(engine, entry, &known));
    if (known)
        return RESULT_OK;
    int64_t wait;
    const int64_t milliseconds = engine->options.milliseconds();
    const enum rates_verdict verdict =
        rates_take(&engine->rates, &engine->rate_limits, &job->from, milliseconds, &wait);
    pthread_mutex_lock(&engine->lock);
    crowds_count(&engine->crowds, &job->from, milliseconds);
    pthread_mutex_unlock(&engine->lock);
    entry->stranger = verdict == RATES_FINE;
    *ret_admitted = verdict == RATES_FINE;
    if (!*ret_admitted)
        *ret_denial = denial_of(&engine->rate_limits, verdict, wait);
    return RESULT_OK;
}

/* A release that names a license which is not here is for no product that is known. */
static const char *product_of(const struct entry *entry)
{
    if (entry->vendor == NULL)
        return NULL;
    if (entry->job->kind == JOB_ACTIVATE)
        return entry->job->request.product;
    return entry->license == NULL ? NULL : entry->license->license.product;
}

bool is_stranger(const struct engine *engine, const struct entry *entry)
{
    const char *const product = product_of(entry);
    return !entry->job->own && (product == NULL || !is_known_for(engine, entry, product));
}

void stranger_forget(struct engine *engine, const struct entry *entry)
{
    if (entry->stranger)
        rates_give_back(&engine->rates, &entry->job->from);
}

/* ---- between batches ---- */

void strangers_begin(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->rate_limits = engine->rates_wanted;
    pthread_mutex_unlock(&engine->lock);
}

static void say_turned_away(const struct log *log, const struct turned_away *said)
{
    if (said->networks == 0 && said->rates == 0 && said->untold == 0)
        return;
    const struct turned_away_one *const most = turned_away_most(said->addresses);
    LOG_EVENT(log, LOG_WARNING, "turned-away", NUMBER_FIELD("network_not_listed", said->networks),
              NUMBER_FIELD("too_many_new", said->rates), NUMBER_FIELD("untold", said->untold),
              TEXT_FIELD("most", most->text), NUMBER_FIELD("of_it", most->count));
}

static void say_left_out(const struct log *log, const struct turned_away *said)
{
    if (said->left_out == 0)
        return;
    const struct turned_away_one *const most = turned_away_most(said->machines);
    LOG_EVENT(log, LOG_WARNING, "left-out", NUMBER_FIELD("lines", said->left_out), TEXT_FIELD("most", most->text),
              NUMBER_FIELD("of_it", most->count));
}

void strangers_tend(struct engine *engine)
{
    struct turned_away said;
    const int64_t milliseconds = engine->options.milliseconds();
    pthread_mutex_lock(&engine->lock);
    engine->turned_away_news = false;
    const bool due = turned_away_say(&engine->turned_away, milliseconds, &said);
    pthread_mutex_unlock(&engine->lock);
    if (!due)
        return;
    say_turned_away(engine->options.log, &said);
    say_left_out(engine->options.log, &said);
}

bool strangers_untended(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    const bool any = turned_away_any(&engine->turned_away);
    pthread_mutex_unlock(&engine->lock);
    return any;
}
