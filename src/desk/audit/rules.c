/* The rules of an audit; see rules.h. */
#include "rules.h"

#include "base/sentences.h"
#include "core/rules/clock.h"
#include "core/rules/terms.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void verdict_add(struct verdict *verdict, enum error_code code, const char *format, ...)
{
    if (verdict->count == BREACHES_MAX)
        return;
    struct breach *breach = &verdict->breaches[verdict->count++];
    breach->code = code;
    va_list values;
    va_start(values, format);
    (void)vsnprintf(breach->words, sizeof breach->words, format, values);
    va_end(values);
}

void verdict_join(struct verdict *verdict, const struct verdict *other)
{
    for (size_t i = 0; i < other->count; i++)
        verdict_add(verdict, other->breaches[i].code, "%s", other->breaches[i].words);
}

/* What was found, and what it was held against. */
struct times {
    char found[TIME_TEXT_SIZE];
    char other[TIME_TEXT_SIZE];
};

static struct times times_of(seconds found, seconds other)
{
    struct times times = {0};
    time_write(found, times.found);
    time_write(other, times.other);
    return times;
}

#define ADD_TIMES(verdict, code, sentence, first, second) \
    do { \
        const struct times times_ = times_of((first), (second)); \
        verdict_add((verdict), (code), sentence, times_.found, times_.other); \
    } while (0)

void rule_times(seconds time, seconds moment, struct verdict *verdict)
{
    if (time < moment)
        ADD_TIMES(verdict, ERR_AUDIT_TIMES, _("dated %s, after a leaf of %s"), time, moment);
}

void rule_signature(struct result verified, struct verdict *verdict)
{
    if (!is_ok(verified))
        verdict_add(verdict, ERR_AUDIT_REQUEST, _("the machine's signature does not hold"));
}

void rule_host(const struct verifier_key *host_key, const struct verifier_key *keys, size_t key_count,
               const struct license *license, struct verdict *verdict)
{
    char text[VERIFIER_KEY_TEXT_SIZE];
    bool is_here = false;
    for (size_t i = 0; i < key_count; i++)
        is_here = is_here || verifier_key_equal(host_key, &keys[i]);
    verifier_key_write(host_key, text);
    if (!is_here)
        verdict_add(verdict, ERR_AUDIT_REQUEST, _("it was meant for the host key %s, which is not this ledger's"),
                    text);
    else if (license != NULL && !license_names(license, host_key))
        verdict_add(verdict, ERR_AUDIT_REQUEST, _("it was meant for the host key %s, which is not the license's"),
                    text);
}

static void add_name(const char *what, const char *found, const char *expected, struct verdict *verdict)
{
    verdict_add(verdict, ERR_AUDIT_TERMS, _("%s %s, the license is for %s"), what, found, expected);
}

static void add_interval(const char *what, seconds found, seconds expected, struct verdict *verdict)
{
    char found_text[DURATION_TEXT_SIZE];
    char expected_text[DURATION_TEXT_SIZE];
    duration_write(found, found_text);
    duration_write(expected, expected_text);
    verdict_add(verdict, ERR_AUDIT_TERMS, _("%s %s instead of %s"), what, found_text, expected_text);
}

static void add_dates(unsigned broken, const struct license *license, const struct lease *lease,
                      struct verdict *verdict)
{
    const struct lease_case later = {.hardware = &lease->request.hardware};
    if (broken & TERM_TOO_EARLY)
        ADD_TIMES(verdict, ERR_AUDIT_DATES, _("issued %s, the license begins %s"), lease->issued, license->not_before);
    if (broken & TERM_TOO_LATE)
        ADD_TIMES(verdict, ERR_AUDIT_DATES, _("issued %s, the license ended %s"), lease->issued, license->not_after);
    if (broken & TERM_TOO_LONG)
        ADD_TIMES(verdict, ERR_AUDIT_DATES, _("expires %s, the license allows until %s"), lease->expires,
                  terms_end(license, &later, lease->issued));
    if (broken & TERM_BEYOND_END)
        ADD_TIMES(verdict, ERR_AUDIT_DATES, _("expires %s, the license ends %s"), lease->expires, license->not_after);
    if (broken & TERM_APART)
        ADD_TIMES(verdict, ERR_AUDIT_TIMES, _("issued %s, for a request of %s"), lease->issued, lease->request.time);
}

/* The first that is too much stands for all. */
static void add_feature(const struct license *license, const struct lease *lease, struct verdict *verdict)
{
    char text[FEATURE_TEXT_SIZE];
    size_t i = 0;
    for (; i < lease->features.count; i++) {
        const char *value = features_value(&license->features, lease->features.names[i]);
        if (value == NULL || strcmp(value, lease->features.values[i]) != 0)
            break;
    }
    if (i == lease->features.count)
        return;
    features_write(&lease->features, i, text);
    verdict_add(verdict, ERR_AUDIT_FEATURES, _("feature %s"), text);
}

void rule_license(const struct license *license, const struct lease *lease, struct verdict *verdict)
{
    const unsigned broken = terms_broken(license, lease);
    if (broken & TERM_VENDOR)
        add_name("vendor", lease->request.vendor, license->vendor, verdict);
    if (broken & TERM_PRODUCT)
        add_name("product", lease->request.product, license->product, verdict);
    if (broken & TERM_EDITION)
        add_name("edition", lease->request.edition, license->edition, verdict);
    if (broken & TERM_MODE)
        add_name("mode", license_mode_name(request_mode(&lease->request)), license_mode_name(license->mode), verdict);
    if (broken & TERM_RENEWAL)
        add_interval("renew-after", lease->renew_after,
                     terms_renewal(license, &lease->request.hardware, lease->expires - lease->issued), verdict);
    if (broken & TERM_RETRY)
        add_interval("retry-after", lease->retry_after, license->retry, verdict);
    add_dates(broken, license, lease, verdict);
    if (broken & TERM_FEATURES)
        add_feature(license, lease, verdict);
}

void rule_first_lease(const struct license *license, const struct lease *lease, struct verdict *verdict)
{
    const struct lease_case first = {&lease->request.hardware, true};
    const seconds latest = terms_end(license, &first, lease->issued);
    if (license->has_first_lease && lease->expires > latest && (terms_broken(license, lease) & TERM_TOO_LONG) == 0)
        ADD_TIMES(verdict, ERR_AUDIT_DATES, _("expires %s, a machine's first lease may run until %s"), lease->expires,
                  latest);
}

void rule_number(uint64_t number, uint64_t last, uint64_t elsewhere, struct verdict *verdict)
{
    if (number == elsewhere)
        verdict_add(verdict, ERR_AUDIT_NUMBER,
                    _("number %" PRIu64 ", which the same machine has signed for another host too"), number);
    if (number <= last)
        verdict_add(verdict, ERR_AUDIT_NUMBER, _("number %" PRIu64 ", after number %" PRIu64 " of the same machine"),
                    number, last);
}

void rule_machine(const struct hardware *hardware, const struct hardware *before, struct verdict *verdict)
{
    const struct hardware described = book_hardware(hardware);
    if (!hardware_matches(before, &described))
        verdict_add(verdict, ERR_AUDIT_HARDWARE, _("too few of %zu digests are those of the lease that holds its seat"),
                    hardware->count);
}

void rule_seats(const struct license *license, uint64_t held, struct verdict *verdict)
{
    const uint64_t seats = license->seats + license->overage;
    if (held > seats)
        verdict_add(verdict, ERR_AUDIT_SEATS, _("%" PRIu64 " machines hold the %" PRIu64 " seats"), held, seats);
}

void rule_release(const struct released *released, const struct holding *before, seconds moment,
                  struct verdict *verdict)
{
    const struct release *release = &released->release;
    if (!clock_agrees(release->time, released->released))
        ADD_TIMES(verdict, ERR_AUDIT_TIMES, _("released %s, for a release of %s"), released->released, release->time);
    if (!before->known)
        verdict_add(verdict, ERR_AUDIT_RELEASE, _("the machine never had a lease of the license"));
    else if (before->ends <= moment)
        ADD_TIMES(verdict, ERR_AUDIT_RELEASE, _("released %s, though the lease had ended %s"), released->released,
                  before->ends);
    else if (release->number <= before->number)
        verdict_add(verdict, ERR_AUDIT_RELEASE,
                    _("the release has the number %" PRIu64 ", the lease that it should end %" PRIu64), release->number,
                    before->number);
}

void rule_reclaim(const struct reclaimed *reclaimed, bool within, struct verdict *verdict)
{
    if (!within)
        verdict_add(verdict, ERR_AUDIT_RECLAIM, _("leaf %" PRIu64 " of %.150s is no lease that the machine holds"),
                    reclaimed->lease_index, reclaimed->lease_origin);
}
