/* Why a machine has a lease or none; see explain.h. */
#include "core/rules/explain.h"

#include "base/sentences.h"

#include <inttypes.h>
#include <stdio.h>

struct moment {
    char text[TIME_TEXT_SIZE];
};

static struct moment moment_of(seconds time)
{
    struct moment moment = {.text = ""};
    time_write(time, moment.text);
    return moment;
}

#define SAY(denial, ...) (void)snprintf((denial)->message, sizeof(denial)->message, __VA_ARGS__)

static void explain_threshold(struct denial *denial)
{
    const uint64_t missing = denial->threshold > denial->count ? denial->threshold - denial->count : 0;
    SAY(denial,
        _("%" PRIu64 " of the %" PRIu64 " machines that the license asks for have asked this host so far; this one has "
          "been counted and activates by itself once %" PRIu64 " more have asked, all within 30 days."),
        denial->count, denial->threshold, missing);
}

static void explain_seats(struct denial *denial)
{
    if (denial->has_date)
        SAY(denial,
            _("%" PRIu64 " machines hold the %" PRIu64
              " seats of the license; release a machine that is not needed, or "
              "buy more seats. By itself the next one is free on %s, unless its machine renews before."),
            denial->held, denial->seats, moment_of(denial->date).text);
    else
        SAY(denial,
            _("%" PRIu64 " machines hold the %" PRIu64
              " seats of the license; release a machine that is not needed, or "
              "buy more seats."),
            denial->held, denial->seats);
}

static void explain_clocks(struct denial *denial)
{
    SAY(denial,
        _("It is %s on the host and %s on this machine, more than four hours apart; set the wrong clock and try "
          "again."),
        moment_of(denial->host_time).text, moment_of(denial->machine_time).text);
}

static void explain_term(struct denial *denial)
{
    SAY(denial,
        denial->code == ERR_NOT_YET_VALID
            ? _("The license of this host for the product begins on %s; the machine activates by itself then.")
            : _("The license of this host for the product ended on %s; the operator needs a new one from the vendor."),
        moment_of(denial->date).text);
}

static void explain_rate(struct denial *denial)
{
    SAY(denial,
        denial->rate_of == RATE_OF_ADDRESS
            ? _("The host takes %" PRIu64 " new machines at once from one address, and %" PRIu64
                " an hour after that; these have come. This one asks again by itself; if there are honestly so many, "
                "the operator raises new-at-once in the host's configuration.")
            : _("The host takes %" PRIu64 " new machines at once, and %" PRIu64
                " an hour after that; these have come. This one asks again by itself; if there are honestly so many, "
                "the operator raises new-at-once-total in the host's configuration."),
        denial->at_once, denial->per_hour);
}

static void explain_often(struct denial *denial)
{
    SAY(denial,
        _("This machine has given back several leases just now, so the next one is granted from %s on; it asks again "
          "by itself then."),
        moment_of(denial->date).text);
}

static void explain_other(struct denial *denial)
{
    SAY(denial,
        _("This machine's key has a lease until %s that describes another computer, and one seat is for one machine. "
          "Give it back there with `aval release`, or have the operator take it back (`avalctl reclaim`, then `avalctl "
          "unblock`); otherwise this machine activates by itself after that."),
        moment_of(denial->date).text);
}

void explain_denial(struct denial *denial)
{
    if (denial->code == ERR_BELOW_THRESHOLD && denial->has_count)
        explain_threshold(denial);
    else if (denial->code == ERR_NO_SEATS && denial->has_seats)
        explain_seats(denial);
    else if (denial->code == ERR_CLOCK_APART && denial->has_clocks)
        explain_clocks(denial);
    else if (denial->code == ERR_ASKED_TOO_OFTEN && denial->has_date)
        explain_often(denial);
    else if (denial->code == ERR_OTHER_HARDWARE && denial->has_date)
        explain_other(denial);
    else if ((denial->code == ERR_NOT_YET_VALID || denial->code == ERR_LICENSE_ENDED) && denial->has_date)
        explain_term(denial);
    else if (denial->code == ERR_TOO_MANY_NEW && denial->has_rate)
        explain_rate(denial);
    else
        SAY(denial, "%s", _(error_info(denial->code)->sentence));
}

/* Its renewals are of use to the ledger, and not to the machine. */
static void explain_counted(const struct moment *until, char ret_text[static DENIAL_MESSAGE_SIZE])
{
    (void)snprintf(
        ret_text, DENIAL_MESSAGE_SIZE,
        _("The machine has a seat of a counted license, until it gives it back (`aval release`) or the license "
          "ends, on %s. It needs no renewal before: where one fails, nothing is lost."),
        until->text);
}

void explain_lease(const struct lease *lease, seconds now, char ret_text[static DENIAL_MESSAGE_SIZE])
{
    const struct moment until = moment_of(lease->expires);
    const struct moment renews = moment_of(lease->issued + lease->renew_after);
    if (lease->expires <= now)
        (void)snprintf(ret_text, DENIAL_MESSAGE_SIZE,
                       _("The lease ended on %s; the machine asks for another one by itself, as long as it runs and "
                         "reaches a host."),
                       until.text);
    else if (lease->request.counted && hardware_suffices(&lease->request.hardware))
        explain_counted(&until, ret_text);
    else if (hardware_suffices(&lease->request.hardware))
        (void)snprintf(ret_text, DENIAL_MESSAGE_SIZE,
                       _("The machine has a lease until %s, and renews it by itself around %s."), until.text,
                       renews.text);
    else
        (void)snprintf(
            ret_text, DENIAL_MESSAGE_SIZE,
            _("The machine has a lease until %s, and renews it by itself around %s; it is a short one, because "
              "fewer than two sources of hardware tell which machine this is: an identity of its platform "
              "makes up for them (AVAL_MACHINE_ID)."),
            until.text, renews.text);
}

void explain_waiting(enum error_code code, seconds asks_again, char ret_text[static DENIAL_MESSAGE_SIZE])
{
    (void)snprintf(
        ret_text, DENIAL_MESSAGE_SIZE,
        _("The machine was denied when it asked last (%s), and would get a lease now; it asks again by itself "
          "by %s, or at once with `aval activate`."),
        error_info(code)->name, moment_of(asks_again).text);
}
