/* aval about: what this machine tells the operator of its host of itself, and who allows it. */
#include "base/sentences.h"
#include "command.h"
#include "terminal/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tellings[] = {
    [AVAL_TELL_NOTHING] = "nothing", [AVAL_TELL_PRODUCT] = "product", [AVAL_TELL_NAME] = "name"};
enum { TELLINGS = sizeof tellings / sizeof *tellings };

/* ---- show ---- */

static int show_as_json(const struct aval_told *told)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_text(&report, "tell", NULL, tellings[told->telling]);
    report_text_or_nothing(&report, "name", told->name);
    report_text_or_nothing(&report, "version", told->version);
    report_objects_begin(&report, "data");
    for (size_t i = 0; i < told->data_count; i++) {
        report_object_begin(&report, NULL);
        report_text(&report, "key", NULL, told->keys[i]);
        report_text(&report, "value", NULL, told->values[i]);
        report_object_end(&report);
    }
    report_objects_end(&report);
    return report_answer(&report, PROGRAM, EXIT_FINE);
}

static void show(const struct aval_told *told)
{
    static const char *const words[] = {
        [AVAL_TELL_NOTHING] = N_("nothing"),
        [AVAL_TELL_PRODUCT] = N_("what the product says, not the name of the machine"),
        [AVAL_TELL_NAME] = N_("what the product says, and the name of the machine"),
    };
    say_field(_("May tell"), "%s", _(words[told->telling]));
    say_field(_("Name"), "%s", told->name[0] != 0 ? told->name : _("not told"));
    say_field(_("Version"), "%s", told->version[0] != 0 ? told->version : _("not told"));
    for (size_t i = 0; i < told->data_count; i++)
        say_field(_("Data"), "%s: %s", told->keys[i], told->values[i]);
}

int run_about_show(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct aval_told told = {.size = sizeof told};
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const int code = aval_get_about(machine, product_of(arguments), &told);
    if (code != AVAL_OK)
        return say_code(arguments, machine, code);
    if (wants_json(arguments))
        return show_as_json(&told);
    show(&told);
    return EXIT_FINE;
}

/* ---- change ---- */

static int done(const struct arguments *arguments, const aval_machine *machine, int code)
{
    if (code != AVAL_OK)
        return say_code(arguments, machine, code);
    return say_done(arguments, _("set; the next request tells it"));
}

int run_about_tell(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    const char *const name = arguments->count > 1 ? arguments->values[1] : NULL;
    unsigned what = 0;
    int status = EXIT_FINE;
    while (what < TELLINGS && strcmp(arguments->values[0], tellings[what]) != 0)
        what++;
    if (what == TELLINGS || (name != NULL && what != AVAL_TELL_NAME))
        return say_problem(arguments, _("One of nothing, product, name and name NAME is to be told."), AVAL_USAGE);
    if (!machine_open(arguments, &machine, &status))
        return status;
    return done(arguments, machine, aval_set_telling(machine, (enum aval_telling)what, name));
}

/* Takes KEY=VALUE apart, in a copy that is the caller's to free; NULL where it is none, or there is no memory. */
static char *split(const char *text, struct aval_datum *ret_datum)
{
    char *const copy = strdup(text);
    char *const sign = copy == NULL ? NULL : strchr(copy, '=');
    if (sign == NULL) {
        free(copy);
        return NULL;
    }
    *sign = 0;
    *ret_datum = (struct aval_datum){copy, sign + 1};
    return copy;
}

static int set(const struct arguments *arguments, const struct aval_about *about)
{
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    return done(arguments, machine, aval_set_about(machine, product_of(arguments), about));
}

int run_about_set(const struct arguments *arguments, void *context)
{
    (void)context;
    struct aval_datum data[AVAL_DATA_MAX];
    char *copies[AVAL_DATA_MAX] = {NULL};
    int status = EXIT_FINE;
    size_t count = 0;
    while (count < arguments->count && (copies[count] = split(arguments->values[count], &data[count])) != NULL)
        count++;
    const struct aval_about about = {.size = sizeof about,
                                     .version = argument_value(arguments, "product-version", NULL),
                                     .data = data,
                                     .data_count = count};
    if (count < arguments->count)
        status = say_problem(arguments, _("What is attached is written KEY=VALUE."), AVAL_USAGE);
    else
        status = set(arguments, &about);
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    return status;
}
