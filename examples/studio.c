/*
 * A product that is activated by Aval: what it does at its start, from beginning to end.
 *
 *     studio [STATE-FOLDER]
 *
 * It trusts the vendor key below and nothing in the state folder, since that belongs to the machine: whoever can write
 * there may put a product, a license and a lease of his own making into it, all of which fit together. Exit status: 0
 * with a license or in grace, 1 without.
 */
#include <aval/aval.h>

#include <stdio.h>
#include <time.h>

/* From the vendor's own desk: the line in vendor.vkey, as `aval-vendor init` wrote it. The secret half of this one is
 * known to everybody (the tests sign with it), so it must not stand in any real product. */
#ifndef VENDOR_KEY
#define VENDOR_KEY "acme.example+cad2d960+ASO8XlilOBv6Y38h40J1s/Huh4Dfflj7ZDaoqR7RDhdt"
#endif

#define PRODUCT "acme.example/studio"

static void print_day(int64_t moment)
{
    char day[32];
    const time_t time = (time_t)moment;
    struct tm parts;
    if (gmtime_r(&time, &parts) != NULL && strftime(day, sizeof day, "%Y-%m-%d", &parts) > 0)
        printf(" until %s", day);
}

/* What to do without a license is the product's choice. This one lets people read their files, always. */
static int begin(const struct aval_status *status)
{
    switch (status->state) {
    case AVAL_LICENSED:
        printf("Studio, edition %s, licensed to %s", status->edition, status->customer);
        print_day(status->expires);
        printf(": would open with");
        for (size_t i = 0; i < status->feature_count; i++)
            printf(" %s", status->features[i]);
        printf("\n");
        return 0;
    case AVAL_GRACE:
    case AVAL_EXPIRED_GRACE:
        printf("Studio, not activated, in grace");
        print_day(status->state_until);
        printf(": would open with everything, and remind of the activation\n");
        return 0;
    case AVAL_UNLICENSED:
    case AVAL_NOTIFICATION:
    default:
        printf("Studio, not licensed (%s): would open files for reading only\n", aval_code_name(status->code));
        return 1;
    }
}

/* What the operator of the host sees of it in `avalctl machines`, with the next renewal. That it cannot be kept, as
 * where root has installed the product and somebody else runs it, is no reason not to begin. */
static void tell_version(aval_machine *machine)
{
    static const struct aval_about about = {.size = sizeof about, .version = "4.2.1"};
    (void)aval_set_about(machine, PRODUCT, &about);
}

int main(int argc, char **argv)
{
    static const char *const vendor_keys[] = {VENDOR_KEY};
    const struct aval_options options = {
        .size = sizeof options,
        .state_folder = argc > 1 ? argv[1] : NULL,
        .vendor_keys = vendor_keys,
        .vendor_key_count = 1,
    };
    struct aval_status status = {.size = sizeof status};
    aval_machine *machine = NULL;
    int code = aval_open(&options, &machine);
    if (code == AVAL_OK) {
        code = aval_status(machine, PRODUCT, &status);
        if (code != AVAL_OK)
            fprintf(stderr, "studio: %s\n", aval_last_message(machine));
        else
            tell_version(machine);
        aval_close(machine);
    }
    if (code != AVAL_OK)
        status.code = code; /* and its state is still the first of all, unlicensed */
    return begin(&status);
}
