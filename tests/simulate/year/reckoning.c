/* What a host must answer; see reckoning.h. */
#include "reckoning.h"

#include <aval/aval.h>
#include <stdlib.h>
#include <string.h>

enum line line_of(const struct license *license)
{
    return strcmp(license->edition, EDITION_LAB) == 0 ? LINE_LAB : LINE_PRO;
}

size_t line_next(const struct vendor *vendor, size_t license)
{
    for (size_t i = license + 1; i < vendor->license_count; i++)
        if (line_of(&vendor->licenses[i]) == line_of(&vendor->licenses[license]))
            return i;
    return NO_LICENSE;
}

uint64_t all_seats(const struct license *license)
{
    return license->seats + license->overage;
}

size_t reckon_key(struct reckoning *reckoning, enum line line)
{
    if (reckoning->key_count == KEYS_MAX)
        abort();
    reckoning->keys[reckoning->key_count] = (struct key){.line = line, .license = NO_LICENSE};
    return reckoning->key_count++;
}

/* ---- requests ---- */

size_t reckon_license(const struct vendor *vendor, const bool *imported, enum line line, seconds now)
{
    size_t newest = NO_LICENSE;
    for (size_t i = 0; i < vendor->license_count; i++)
        if (imported[i] && line_of(&vendor->licenses[i]) == line && vendor->licenses[i].not_before <= now)
            newest = i;
    return newest != NO_LICENSE && now < vendor->licenses[newest].not_after ? newest : NO_LICENSE;
}

static bool holds(const struct key *key, seconds now)
{
    return key->held_until > now;
}

uint64_t reckon_held(const struct reckoning *reckoning, enum line line, seconds now)
{
    uint64_t held = 0;
    for (size_t i = 0; i < reckoning->key_count; i++)
        held += reckoning->keys[i].line == line && holds(&reckoning->keys[i], now);
    return held;
}

/* Machines that have asked within 30 days, with the one that asks. */
static uint64_t count_asking(const struct reckoning *reckoning, size_t asking, seconds now)
{
    uint64_t count = 0;
    for (size_t i = 0; i < reckoning->key_count; i++) {
        const struct key *const key = &reckoning->keys[i];
        const bool counts = key->asked > 0 && now - key->asked < (seconds)30 * DAY;
        count += key->line == reckoning->keys[asking].line && (i == asking || counts);
    }
    return count;
}

static seconds end_of_lease(const struct license *license, bool first, seconds now)
{
    seconds end = license->mode == LICENSE_COUNTED ? license->not_after : now + license->lease;
    if (first && license->has_first_lease)
        end = now + license->first_lease;
    return end < license->not_after ? end : license->not_after;
}

static int deny_code(const struct reckoning *reckoning, const struct license *license, size_t asking, seconds now)
{
    const struct key *const key = &reckoning->keys[asking];
    const uint64_t held = reckon_held(reckoning, key->line, now);
    const uint64_t seats = all_seats(license);
    if (key->blocked)
        return AVAL_MACHINE_BLOCKED;
    if (count_asking(reckoning, asking, now) < license->threshold)
        return AVAL_BELOW_THRESHOLD;
    if (holds(key, now) ? license->replaces_count > 0 && held > seats : held >= seats)
        return AVAL_NO_SEATS;
    return AVAL_OK;
}

struct answer reckon_request(const struct reckoning *reckoning, const struct vendor *vendor, const bool *imported,
                             size_t asking, seconds now)
{
    const struct key *const key = &reckoning->keys[asking];
    struct answer answer = {.license = reckon_license(vendor, imported, key->line, now), .heard = true};
    if (answer.license == NO_LICENSE) {
        answer.heard = key->introduced;
        answer.code = answer.heard && key->blocked ? AVAL_MACHINE_BLOCKED : AVAL_LICENSE_ENDED;
        return answer;
    }
    const struct license *const license = &vendor->licenses[answer.license];
    answer.code = deny_code(reckoning, license, asking, now);
    answer.ends = end_of_lease(license, !holds(key, now), now);
    if (key->reclaimed && key->license == answer.license && key->ends > answer.ends) /* it still has that lease */
        answer.ends = key->ends;
    answer.anew = !(key->runs && key->license == answer.license && holds(key, now) && key->ends >= answer.ends);
    if (!answer.anew)
        answer.ends = key->ends;
    answer.refused = answer.code == AVAL_OK && key->has_until > now && answer.ends < key->has_until;
    return answer;
}

void reckon_answered(struct reckoning *reckoning, size_t asking, const struct answer *answer, seconds now)
{
    struct key *const key = &reckoning->keys[asking];
    if (answer->heard)
        key->asked = now;
    key->introduced = key->introduced || answer->heard;
    if (answer->code != AVAL_OK || !answer->anew)
        return;
    if (!answer->refused)
        key->has_until = answer->ends;
    key->renewed = holds(key, now);
    key->held_until = holds(key, now) && key->held_until > answer->ends ? key->held_until : answer->ends;
    key->ends = answer->ends;
    key->license = answer->license;
    key->runs = true;
    key->reclaimed = false;
}

/* ---- seats that come back ---- */

void reckon_released(struct reckoning *reckoning, size_t released, seconds now)
{
    struct key *const key = &reckoning->keys[released];
    key->held_until = now;
    key->runs = false;
}

static uint64_t count_returned(const struct reckoning *reckoning, size_t license, seconds now)
{
    uint64_t count = 0;
    for (size_t i = 0; i < reckoning->returned_count; i++)
        count += reckoning->returned[i].license == license && now - reckoning->returned[i].time < (seconds)30 * DAY;
    return count;
}

/* A twentieth of the seats, and two at least. */
static uint64_t allowed(const struct license *license)
{
    return license->seats / 20 > 2 ? license->seats / 20 : 2;
}

enum reclaim_kind reckon_reclaim(struct reckoning *reckoning, const struct vendor *vendor, size_t reclaimed,
                                 seconds now)
{
    struct key *const key = &reckoning->keys[reclaimed];
    if (!holds(key, now))
        return RECLAIM_NOTHING;
    const struct license *const license = &vendor->licenses[key->license];
    const bool counts = !license->has_first_lease || key->renewed;
    const bool again = key->reclaimed;
    key->blocked = true;
    key->reclaimed = true;
    key->runs = false;
    if (counts && count_returned(reckoning, key->license, now) >= allowed(license))
        return again ? RECLAIM_AGAIN : RECLAIM_LOGS;
    key->held_until = now;
    if (!counts)
        return RECLAIM_FIRST;
    if (reckoning->returned_count == RETURNED_MAX)
        abort();
    reckoning->returned[reckoning->returned_count++] = (struct returned){now, key->license};
    return RECLAIM_FREES;
}
