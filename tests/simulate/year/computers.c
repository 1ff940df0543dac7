/* The machines of a year; see computers.h. */
#include "computers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFUSED = -1 /* in whichever way */, FLOOD_PAUSE = 2 };

#define FIRST_SLOT  ((seconds)1 * HOUR)
#define LAST_SLOT   ((seconds)7 * HOUR)
#define RETRY_SLOT  ((seconds)9 * HOUR)
#define NOON        ((seconds)3 * HOUR) /* a day here begins at nine */
#define GRACE_AFTER ((seconds)30 * DAY) /* a lease */

static struct key *key_of(struct year *year, const struct computer *computer)
{
    return &year->reckoning.keys[computer->key];
}

static void put_in_order(struct year *year, size_t number)
{
    size_t at = year->computer_count - 1;
    for (; at > 0 && year->computers[year->order[at - 1]].slot > year->computers[number].slot; at--)
        year->order[at] = year->order[at - 1];
    year->order[at] = number;
}

size_t computer_join(struct year *year, enum line line)
{
    struct world *const world = year->world;
    if (year->computer_count == MACHINES_MAX)
        abort();
    const size_t number = year->computer_count++;
    struct machine *const machine = &world->machines[world->machine_count++];
    machine_join(world, machine, line == LINE_LAB ? EDITION_LAB : EDITION);
    year->computers[number] = (struct computer){.machine = machine,
                                                .line = line,
                                                .key = reckon_key(&year->reckoning, line),
                                                .slot = FIRST_SLOT + (seconds)year_draw(year, LAST_SLOT - FIRST_SLOT)};
    put_in_order(year, number);
    return number;
}

bool computer_is_on(const struct year *year, const struct computer *computer)
{
    return !computer->retired && !computer->lost && year->day >= computer->away_until;
}

bool computer_holds(const struct year *year, const struct computer *computer)
{
    return year->reckoning.keys[computer->key].held_until > year->world->now;
}

/* ---- asking ---- */

static struct answer expect_answer(struct year *year, const struct computer *computer)
{
    struct world *const world = year->world;
    struct answer answer = reckon_request(&year->reckoning, year->vendor, year->imported, computer->key, world->now);
    if (!world->host.up)
        answer = (struct answer){.code = AVAL_HOST_UNREACHABLE, .license = NO_LICENSE};
    else if (world->host.clock_error != 0 || computer->machine->clock_error != 0)
        answer = (struct answer){.code = REFUSED, .license = NO_LICENSE};
    return answer;
}

static bool is_as_expected(const struct answer *expected, int code)
{
    if (expected->code == REFUSED)
        return code != AVAL_OK;
    return code == (expected->refused ? AVAL_LEASE_ENDS_EARLIER : expected->code);
}

static void learn_key(struct year *year, const struct computer *computer, const struct aval_status *status)
{
    struct key *const key = key_of(year, computer);
    snprintf(key->id, sizeof key->id, "%s", status->machine_id);
}

static void judge_lease(struct year *year, const struct computer *computer, const struct answer *expected,
                        const struct aval_status *status)
{
    const char *const license = year->vendor->licenses[expected->license].id;
    if (strcmp(status->license, license) != 0 || status->expires != expected->ends)
        world_violated(year->world, "machine %zu: a lease under %s until %lld; by the rules it is %s until %lld",
                       computer->machine->number, status->license, (long long)status->expires, license,
                       (long long)expected->ends);
}

static void count_lease(struct year *year, const struct computer *computer, seconds issued, seconds expires)
{
    const struct happening lease = {.kind = GOT_LEASE, .time = issued, .key = computer->key, .expires = expires};
    counting_add(&year->counting, &lease);
}

/* What came of a request, and whether that is what the rules say. */
static void take_answer(struct year *year, struct computer *computer, const struct answer *expected, int code)
{
    struct aval_status status;
    (void)machine_licensed(computer->machine, 0, &status);
    learn_key(year, computer, &status);
    if (!is_as_expected(expected, code)) {
        world_violated(year->world, "machine %zu: it is answered %s; by the rules it is %s: %.200s",
                       computer->machine->number, aval_code_name(code),
                       expected->code == REFUSED ? "refused" : aval_code_name(expected->code), status.last_message);
        return;
    }
    reckon_answered(&year->reckoning, computer->key, expected, year->world->now);
    if (expected->refused) /* it stands in the ledger all the same */
        count_lease(year, computer, year->world->now, expected->ends);
    if (code != AVAL_OK)
        return;
    judge_lease(year, computer, expected, &status);
    if (expected->anew)
        count_lease(year, computer, status.issued, status.expires);
}

void computer_ask(struct year *year, struct computer *computer, bool force)
{
    int code;
    const struct answer expected = expect_answer(year, computer);
    computer->owed = expected.code == AVAL_OK;
    const bool asked = machine_ask(computer->machine, 0, force, &code);
    computer->denied = asked && code != AVAL_OK;
    if (asked)
        take_answer(year, computer, &expected, code);
}

/* ---- a day ---- */

static void pass_until(struct year *year, seconds slot)
{
    struct world *const world = year->world;
    const seconds moment = BEGINNING + year->day * DAY + slot;
    world_pass(world, moment > world->now ? moment - world->now : 1);
}

static struct computer *one_that_holds(struct year *year)
{
    for (size_t i = 0; i < year->computer_count; i++) {
        struct computer *const computer = &year->computers[(i + (size_t)year->day) % year->computer_count];
        const struct answer answer = expect_answer(year, computer);
        if (computer_is_on(year, computer) && computer_holds(year, computer) && answer.code == AVAL_OK)
            return computer;
    }
    return NULL;
}

/* What the last answer left it with: a host may give the lease that runs again instead of a new one, and from then on
 * it has that. */
static void settle(struct year *year, struct computer *computer)
{
    struct aval_status status;
    struct key *const key = key_of(year, computer);
    (void)machine_licensed(computer->machine, 0, &status);
    key->asked = year->world->now;
    if (status.expires <= key->ends && key->license != NO_LICENSE &&
        strcmp(status.license, year->vendor->licenses[key->license].id) == 0)
        return;
    const size_t license = reckon_license(year->vendor, year->imported, computer->line, year->world->now);
    const struct answer answer = {.heard = true, .anew = true, .license = license, .ends = status.expires};
    reckon_answered(&year->reckoning, computer->key, &answer, status.issued);
    count_lease(year, computer, status.issued, status.expires);
}

/* One machine whose program has run wild. */
static void ask_wildly(struct computer *computer)
{
    int code;
    (void)machine_ask(computer->machine, 0, true, &code); /* it goes on to be licensed, whatever it is answered */
}

/* The hour after noon, between the timers of the others. */
static void flood_until(struct year *year, seconds slot)
{
    struct world *const world = year->world;
    const seconds noon = BEGINNING + year->day * DAY + NOON;
    const seconds until = BEGINNING + year->day * DAY + (slot < NOON + HOUR ? slot : NOON + HOUR);
    struct computer *const wild = world->now < until && noon < until ? one_that_holds(year) : NULL;
    if (wild == NULL)
        return;
    world_say(world, "machine %zu: asks again and again", wild->machine->number);
    const bool tell = world->tell;
    world->tell = false;
    world_pass(world, world->now < noon ? noon - world->now : 0);
    while (world->now < until && world->violation[0] == 0) {
        world_pass(world, FLOOD_PAUSE);
        ask_wildly(wild);
    }
    settle(year, wild);
    world->tell = tell;
}

static void run_slots(struct year *year)
{
    for (size_t i = 0; i < year->computer_count && year->world->violation[0] == 0; i++) {
        struct computer *const computer = &year->computers[year->order[i]];
        if (year->flood)
            flood_until(year, computer->slot);
        pass_until(year, computer->slot);
        if (computer_is_on(year, computer))
            computer_ask(year, computer, false);
    }
}

static void run_retries(struct year *year)
{
    pass_until(year, RETRY_SLOT);
    for (size_t i = 0; i < year->computer_count && year->world->violation[0] == 0; i++) {
        struct computer *const computer = &year->computers[year->order[i]];
        if (!computer_is_on(year, computer) || !computer->denied)
            continue;
        world_pass(year->world, 1);
        computer_ask(year, computer, false);
    }
}

void computers_run(struct year *year)
{
    for (size_t i = 0; i < year->computer_count; i++)
        year->computers[i].owed = year->computers[i].denied = false;
    run_slots(year);
    run_retries(year);
}

/* ---- what happens to them ---- */

void computer_retire(struct year *year, struct computer *computer)
{
    struct world *const world = year->world;
    const struct happening free = {.kind = SEAT_IS_FREE, .time = world->now, .key = computer->key};
    const bool held = computer_holds(year, computer);
    computer->retired = true;
    machine_give_back(computer->machine, 0);
    if (!held)
        return;
    if (!computer->machine->standings[0].given_back)
        world_violated(world, "machine %zu: its seat does not come back", computer->machine->number);
    reckon_released(&year->reckoning, computer->key, world->now);
    counting_add(&year->counting, &free);
}

size_t computer_reinstall(struct year *year, struct computer *computer)
{
    const size_t old = computer->key;
    machine_lose_state(computer->machine);
    computer->key = reckon_key(&year->reckoning, computer->line);
    return old;
}

/* ---- invented ones ---- */

void flood_of_strangers(struct year *year, unsigned count)
{
    struct world *const world = year->world;
    struct machine *const stranger = &world->machines[world->machine_count];
    unsigned licensed = 0;
    machine_join(world, stranger, EDITION);
    stranger->address = "192.0.2.66";
    stranger->stranger = true; /* from the first time on that it loses its state */
    for (unsigned i = 0; i < count; i++) {
        struct aval_status status;
        int code;
        world_pass(world, 1);
        machine_lose_state(stranger);
        (void)machine_ask(stranger, 0, true, &code);
        licensed += machine_licensed(stranger, 0, &status);
    }
    machine_end(stranger);
    if (licensed > 0)
        world_violated(world, "%u of %u machines that somebody invented have a lease", licensed, count);
}

/* ---- the end of a day ---- */

static void judge(struct year *year, struct computer *computer)
{
    struct aval_status status;
    const struct key *const key = key_of(year, computer);
    const bool licensed = machine_look(computer->machine, 0, &status);
    const bool in_force = reckon_license(year->vendor, year->imported, computer->line, year->world->now) != NO_LICENSE;
    if (computer->owed && in_force && !licensed)
        world_violated(year->world, "machine %zu should be licensed and is not: %s, %s", computer->machine->number,
                       aval_state_name(status.state), aval_code_name(status.code));
    const bool had_one = key->license != NO_LICENSE && computer->machine->clock_error == 0;
    if (!licensed && had_one && year->world->now < key->ends + GRACE_AFTER && status.state != AVAL_EXPIRED_GRACE)
        world_violated(year->world, "machine %zu: its lease ended within 30 days, and it is %s",
                       computer->machine->number, aval_state_name(status.state));
}

void computers_judge(struct year *year)
{
    for (size_t i = 0; i < year->computer_count; i++) {
        struct computer *const computer = &year->computers[i];
        if (computer_is_on(year, computer))
            judge(year, computer);
        else if (year->day % WEEK == 0) /* nothing but time changes what is off */
            machine_check(computer->machine);
    }
}
