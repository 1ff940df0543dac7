/* A lease within its license; see terms.h. */
#include "core/rules/terms.h"

#include "core/rules/clock.h"

#include <string.h>

enum {
    TERMS_OF_DATES = TERM_TOO_EARLY | TERM_TOO_LATE | TERM_TOO_LONG | TERM_BEYOND_END | TERM_LATE_RENEWAL | TERM_APART,
    TERMS_OF_OFFER = TERM_VENDOR | TERM_PRODUCT | TERM_EDITION,
};

static unsigned broken_if(bool broken, enum term term)
{
    return broken ? (unsigned)term : 0;
}

static unsigned names_broken(const struct license *license, const struct lease *lease)
{
    return broken_if(strcmp(lease->license, license->id) != 0, TERM_LICENSE) |
           broken_if(strcmp(lease->request.vendor, license->vendor) != 0, TERM_VENDOR) |
           broken_if(strcmp(lease->request.product, license->product) != 0, TERM_PRODUCT) |
           broken_if(strcmp(lease->request.edition, license->edition) != 0, TERM_EDITION) |
           broken_if(!license_names(license, &lease->request.host_key), TERM_HOST) |
           broken_if(request_mode(&lease->request) != license->mode, TERM_MODE);
}

bool terms_in_time(seconds asked, seconds answered, bool offline)
{
    const seconds took = answered - asked;
    return clock_agrees(asked, answered) || (offline && took >= 0 && took <= OFFLINE_MAX);
}

seconds terms_short_lease(const struct license *license)
{
    return license->retry > DAY ? license->retry : DAY;
}

static seconds earlier(seconds a, seconds b)
{
    return a < b ? a : b;
}

/* How long it may last, but for the license's end. */
static seconds longest(const struct license *license, const struct lease_case *of)
{
    seconds length = license->mode == LICENSE_COUNTED ? TIME_MAX : license->lease;
    if (of->first && license->has_first_lease)
        length = license->first_lease;
    return hardware_suffices(of->hardware) ? length : earlier(length, terms_short_lease(license));
}

static unsigned dates_broken(const struct license *license, const struct lease *lease)
{
    const seconds length = lease->expires - lease->issued;
    const struct lease_case later = {.hardware = &lease->request.hardware};
    return broken_if(lease->issued < license->not_before, TERM_TOO_EARLY) |
           broken_if(lease->issued >= license->not_after, TERM_TOO_LATE) |
           broken_if(length > longest(license, &later), TERM_TOO_LONG) |
           broken_if(lease->expires > license->not_after, TERM_BEYOND_END) |
           broken_if(lease->renew_after > license->renew, TERM_LATE_RENEWAL) |
           broken_if(lease->renew_after != terms_renewal(license, later.hardware, length), TERM_RENEWAL) |
           broken_if(lease->retry_after != license->retry, TERM_RETRY) |
           broken_if(!terms_in_time(lease->request.time, lease->issued, lease->offline), TERM_APART);
}

uint64_t terms_releases(const struct license *license)
{
    if (license->has_releases)
        return license->releases;
    return license->mode != LICENSE_COUNTED && license->lease <= DAY ? UINT64_MAX : license->seats;
}

uint64_t terms_reclaims(const struct license *license)
{
    const uint64_t part = license->seats / 20;
    if (license->has_reclaims)
        return license->reclaims;
    return part < 2 ? 2 : part;
}

bool terms_release_frees(const struct license *license, uint64_t before)
{
    return before < terms_releases(license);
}

bool terms_reclaim_frees(const struct license *license, uint64_t before)
{
    return before < terms_reclaims(license);
}

bool terms_reclaim_counts(const struct license *license, bool renewed)
{
    return !license->has_first_lease || renewed;
}

bool terms_releases_limited(const struct license *license)
{
    return terms_releases(license) < UINT64_MAX;
}

seconds terms_end(const struct license *license, const struct lease_case *of, seconds issued)
{
    return earlier(issued + longest(license, of), license->not_after);
}

seconds terms_renewal(const struct license *license, const struct hardware *hardware, seconds length)
{
    return earlier(license->renew, hardware_suffices(hardware) ? length : length / 2);
}

seconds terms_pace(const struct license *license, const struct hardware *hardware, seconds length)
{
    const seconds often =
        earlier(license->retry > MINUTE ? license->retry : MINUTE, terms_renewal(license, hardware, length));
    return often > 0 ? often : 1;
}

unsigned terms_broken(const struct license *license, const struct lease *lease)
{
    return names_broken(license, lease) | dates_broken(license, lease) |
           broken_if(!features_within(&lease->features, &license->features), TERM_FEATURES);
}

RESULT terms_check_offer(const struct license *license, const struct lease *lease)
{
    const unsigned broken = names_broken(license, lease);
    ENSURE((broken & TERM_LICENSE) == 0, LEASE_OTHER_LICENSE);
    ENSURE((broken & TERMS_OF_OFFER) == 0, LEASE_OTHER_PRODUCT);
    ENSURE((broken & TERM_HOST) == 0, LEASE_OTHER_REQUEST);
    ENSURE((broken & TERM_MODE) == 0, LICENSE_OTHER_MODE);
    return RESULT_OK;
}

RESULT terms_check_extent(const struct license *license, const struct lease *lease)
{
    ENSURE((dates_broken(license, lease) & TERMS_OF_DATES) == 0, LEASE_DATES);
    ENSURE(features_within(&lease->features, &license->features), LEASE_FEATURES);
    return RESULT_OK;
}
