#include "auth/procedures/letters.hpp"

#include <kainjow/mustache.hpp>

namespace postern::auth::procedures {

namespace {

struct Text {
    std::string_view subject, body;
};
struct Texts {
    Text french, english;
};

constexpr std::string_view unasked_french = "\n\nSi vous n'avez rien demandé, ignorez ce message : rien n'a changé.\n";
constexpr std::string_view unasked_english =
    "\n\nIf you did not ask for this, ignore this message: nothing has changed.\n";

constexpr Texts activation_link{
    {.subject = "Activation de votre compte",
     .body = "Bonjour,\n\nPour continuer l'activation de votre compte, ouvrez ce lien :\n\n{{{url}}}\n\nIl est valable "
             "aujourd'hui jusqu'à {{{deadline}}}. Passé ce délai, reprenez la procédure à l'étape 1."},
    {.subject = "Activation of your account",
     .body = "Hello,\n\nTo go on with the activation of your account, open this link:\n\n{{{url}}}\n\nIt is good until "
             "{{{deadline}}} today. After that, begin again at step 1."}};

constexpr Texts activated{
    {.subject = "Votre compte est actif",
     .body =
         "Bonjour,\n\nVotre compte {{{login}}} est actif. Vous pouvez maintenant lire votre messagerie et régler votre "
         "compte :\n\n{{{portal}}}\n\nSi ce n'est pas vous qui l'avez activé, prévenez l'assistance sans attendre.\n"},
    {.subject = "Your account is active",
     .body = "Hello,\n\nYour account {{{login}}} is active. You can now read your mail and set up your account:"
             "\n\n{{{portal}}}\n\nIf it was not you who activated it, tell the helpdesk at once.\n"}};

constexpr Texts recovery_link{
    {.subject = "Nouveau mot de passe",
     .body = "Bonjour,\n\nPour choisir un nouveau mot de passe, ouvrez ce lien :\n\n{{{url}}}\n\nIl est valable "
             "{{{minutes}}} minutes et ne sert qu'une fois. Votre mot de passe actuel reste valable jusque-là."},
    {.subject = "New password",
     .body =
         "Hello,\n\nTo choose a new password, open this link:\n\n{{{url}}}\n\nIt is good for {{{minutes}}} minutes and "
         "for one use. Your present password goes on until then."}};

constexpr Texts temporary_password{
    {.subject = "Mot de passe temporaire",
     .body = "Bonjour,\n\nVotre mot de passe temporaire est :\n\n    {{{password}}}\n\nIl est valable {{{minutes}}} "
             "minutes, "
             "une seule fois, sur {{{portal}}} : vous y choisirez un mot de passe personnel. Votre mot de passe actuel "
             "reste valable jusque-là."},
    {.subject = "Temporary password",
     .body =
         "Hello,\n\nYour temporary password is:\n\n    {{{password}}}\n\nIt is good for {{{minutes}}} minutes and one "
         "use on {{{portal}}}, where you choose a password of your own. Your present password goes on until then."}};

constexpr Texts identifier{
    {.subject = "Rappel de votre identifiant",
     .body = "Bonjour,\n\nVotre identifiant est :\n\n    {{{login}}}\n\nPour vous connecter : {{{portal}}}"},
    {.subject = "Your identifier",
     .body = "Hello,\n\nYour identifier is:\n\n    {{{login}}}\n\nTo sign in: {{{portal}}}"}};

constexpr Texts password_changed{
    {.subject = "Votre mot de passe a changé",
     .body =
         "Bonjour,\n\nLe mot de passe du compte {{{login}}} vient d'être changé.\n\nSi ce n'est pas vous, demandez un "
         "nouveau mot de passe sur {{{portal}}} et prévenez l'assistance sans attendre.\n"},
    {.subject = "Your password has changed",
     .body =
         "Hello,\n\nThe password of the account {{{login}}} has just been changed.\n\nIf it was not you, ask for a new "
         "one on {{{portal}}} and tell the helpdesk at once.\n"}};

constexpr Texts contact_link{
    {.subject = "Confirmez votre adresse de secours",
     .body =
         "Bonjour,\n\nPour confirmer que cette adresse est la vôtre, ouvrez ce lien :\n\n{{{url}}}\n\nIl est valable "
         "{{{minutes}}} minutes."},
    {.subject = "Confirm your recovery address",
     .body = "Hello,\n\nTo confirm that this address is yours, open this link:\n\n{{{url}}}\n\nIt is good for "
             "{{{minutes}}} "
             "minutes."}};

constexpr Texts contact_changed{
    {.subject = "Vos coordonnées de secours ont changé",
     .body = "Bonjour,\n\nLes coordonnées de secours du compte {{{login}}} viennent d'être modifiées. La nouvelle "
             "adresse ne "
             "pourra servir à retrouver l'accès au compte que dans 48 heures.\n\nSi ce n'est pas vous, annulez ce "
             "changement en ouvrant ce lien, valable 14 jours :\n\n{{{url}}}\n"},
    {.subject = "Your recovery addresses have changed",
     .body =
         "Hello,\n\nThe recovery addresses of the account {{{login}}} have just been changed. The new one can be used "
         "to "
         "recover the account in 48 hours and not before.\n\nIf it was not you, take the change back by opening this "
         "link, which is good for 14 days:\n\n{{{url}}}\n"}};

constexpr Texts contact_restored{
    {.subject = "Vos coordonnées de secours ont été rétablies",
     .body = "Bonjour,\n\nLa dernière modification des coordonnées de secours du compte {{{login}}} vient d'être "
             "annulée : "
             "les coordonnées précédentes servent de nouveau.\n\nSi ce n'est pas vous, prévenez l'assistance sans "
             "attendre.\n"},
    {.subject = "Your recovery addresses are what they were",
     .body = "Hello,\n\nThe last change of the recovery addresses of the account {{{login}}} has just been taken back: "
             "the "
             "earlier ones are used again.\n\nIf it was not you, tell the helpdesk at once.\n"}};

constexpr Texts redirect_link{
    {.subject = "Confirmez la redirection de votre courrier",
     .body = "Bonjour,\n\nLe compte {{{login}}} demande que son courrier soit envoyé à cette adresse. Pour l'accepter, "
             "ouvrez ce lien :\n\n{{{url}}}\n\nIl est valable {{{minutes}}} minutes. Sans cela, rien n'est redirigé."},
    {.subject = "Confirm the redirection of your mail",
     .body =
         "Hello,\n\nThe account {{{login}}} asks for its mail to be sent to this address. To accept, open this link:"
         "\n\n{{{url}}}\n\nIt is good for {{{minutes}}} minutes. Without it nothing is redirected."}};

constexpr Texts linked{
    {.subject = "Vos comptes ont été rapprochés",
     .body =
         "Bonjour,\n\nLes comptes {{{login}}} et {{{other}}} sont maintenant rapprochés : l'un comme l'autre donne les "
         "droits des deux. Vous pouvez les séparer à tout moment sur {{{portal}}}.\n\nSi ce n'est pas vous, prévenez "
         "l'assistance sans attendre.\n"},
    {.subject = "Your accounts have been linked",
     .body = "Hello,\n\nThe accounts {{{login}}} and {{{other}}} are linked from now on: either gives the rights of "
             "both. You "
             "can separate them at any time on {{{portal}}}.\n\nIf it was not you, tell the helpdesk at once.\n"}};

const Texts& texts_of(Letter letter) {
    switch (letter) {
        case Letter::activation_link:
            return activation_link;
        case Letter::activated:
            return activated;
        case Letter::recovery_link:
            return recovery_link;
        case Letter::temporary_password:
            return temporary_password;
        case Letter::identifier:
            return identifier;
        case Letter::password_changed:
            return password_changed;
        case Letter::contact_link:
            return contact_link;
        case Letter::contact_changed:
            return contact_changed;
        case Letter::contact_restored:
            return contact_restored;
        case Letter::redirect_link:
            return redirect_link;
        case Letter::linked:
            break;
    }
    return linked;
}

/// Letters that strangers can cause say so.
bool may_be_unasked(Letter letter) {
    switch (letter) {
        case Letter::activation_link:
        case Letter::recovery_link:
        case Letter::temporary_password:
        case Letter::identifier:
        case Letter::contact_link:
        case Letter::redirect_link:
            return true;
        default:
            return false;
    }
}

}  // namespace

MailMessage write_letter(Letter letter, std::string_view language, const std::string& to, const LetterValues& values) {
    const bool is_english = language == "en";
    const Text& text = is_english ? texts_of(letter).english : texts_of(letter).french;
    kainjow::mustache::data data;
    for (const auto& [name, value] : values) data.set(name, value);
    std::string body(text.body);
    if (may_be_unasked(letter)) body += is_english ? unasked_english : unasked_french;
    return {.to = to, .subject = std::string(text.subject), .text = kainjow::mustache::mustache(body).render(data)};
}

SmsMessage write_code(std::string_view language, const std::string& number, const base::Secret& code) {
    const std::string digits(code.reveal());
    return {.number = number,
            .text = language == "en" ? digits + " is your code, good for 10 minutes. Give it to nobody."
                                     : digits + " est votre code, valable 10 minutes. Ne le donnez à personne."};
}

}  // namespace postern::auth::procedures
