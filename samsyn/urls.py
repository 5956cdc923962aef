"""Every address of Samsyn. Swedish without diacritics; the tenant stands in the address."""

from django.conf import settings
from django.urls import path, re_path

from samsyn.web import (
    account,
    client,
    client_case,
    client_import,
    confirming,
    consent,
    demanded,
    downloads,
    entering,
    evidence,
    factors,
    firm_agreement,
    firm_case,
    firm_clients,
    firm_compose,
    firm_desk,
    firm_settings,
    health,
    invitations,
    logo,
    new_contact,
    passkeys,
    people,
    person,
    personal_data,
    providers,
    recovery,
    remembered,
    second_step,
    security,
)

CASE = "kund/<slug:company>/arenden/<slug:ref>/"
FIRM_CASE = "byra/<slug:firm>/arenden/<slug:ref>/"

urlpatterns = [
    path("", account.start, name="start"),
    path("health/", health.health, name="health"),
    path("favicon.ico", health.icon, name="icon"),
    path("sprak/", account.language, name="language"),
    path("konto/", account.account, name="account"),
    path("konto/logga-in/", account.sign_in, name="account_login"),
    path("konto/kod/", account.ask_for_code, name="account_request_login_code"),
    path("konto/kod/svar/", account.give_code, name="account_confirm_login_code"),
    path("konto/lank/<str:token>/", entering.sign_in_link, name="account_sign_in_link"),
    path("konto/inte-jag/", remembered.forget_me, name="account_forget"),
    path("konto/logga-ut/", account.sign_out, name="account_logout"),
    path("konto/losenord/", account.forgot, name="account_reset_password"),
    path("konto/losenord/skickat/", account.forgot_done, name="account_reset_password_done"),
    # The key has a hyphen of its own, so the person's id ends at the first one.
    re_path(
        r"^konto/losenord/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
        account.new_password,
        name="account_reset_password_from_key",
    ),
    path("konto/losenord/klart/", account.new_password_done, name="account_reset_password_from_key_done"),
    path("konto/avslutat/", account.locked, name="account_inactive"),
    path("konto/andra-steget/", second_step.second_step, name="mfa_authenticate"),
    path("konto/byran-kraver/", demanded.demanded, name="demanded"),
    path("konto/bekrafta/", confirming.confirm, name="account_reauthenticate"),
    path("konto/passnyckel/", passkeys.sign_in, name="mfa_login_webauthn"),
    path("konto/passnyckel/inte-nu/", passkeys.answer_offer, name="passkey_not_now"),
    path("konto/passnycklar/ny/", passkeys.add, name="mfa_add_webauthn"),
    path("konto/passnycklar/<int:pk>/", passkeys.passkey, name="mfa_edit_webauthn"),
    path("konto/engangskoder/", factors.one_time_codes, name="mfa_activate_totp"),
    path("konto/aterstallningskoder/", recovery.recovery_codes, name="mfa_view_recovery_codes"),
    path("konto/aterstallningskoder/fil/", recovery.recovery_file, name="mfa_download_recovery_codes"),
    path("konto/byra/<slug:provider_id>/", providers.entrance, name="openid_connect_login"),
    path("konto/byra/<slug:provider_id>/svar/", providers.callback, name="openid_connect_callback"),
    path("konto/byra/<slug:provider_id>/koppla/", providers.link, name="provider_link"),
    path("inbjudan/<str:token>/", invitations.invitation, name="invitation"),
    # The client's desk
    path("kund/<slug:company>/", client.start, name="client_start"),
    path("kund/<slug:company>/flikar/", client.tabs, name="client_tabs"),
    path("kund/<slug:company>/kollegor/", people.colleagues, name="client_colleagues"),
    path("kund/<slug:company>/kollegor/<uuid:pk>/", person.colleague, name="client_colleague"),
    path("kund/<slug:company>/logotyp/<slug:firm>/", logo.client_logo, name="client_logo"),
    path("kund/<slug:company>/huvudkontakt/<slug:firm>/", new_contact.client_new_contact, name="client_new_contact"),
    path("kund/<slug:company>/samtycke/", consent.consents, name="consents"),
    path("kund/<slug:company>/samtycke/<slug:firm>/", consent.consent, name="consent"),
    path("kund/<slug:company>/personuppgifter/<slug:firm>/", personal_data.for_client, name="client_personal_data"),
    path("kund/<slug:company>/samtycke/<slug:firm>/bevis/", evidence.client_evidence, name="consent_evidence"),
    path(
        "kund/<slug:company>/samtycke/<slug:firm>/bevis/avtal-<int:version>-<slug:language>.txt",
        evidence.client_text,
        name="consent_text",
    ),
    path("kund/<slug:company>/arenden/", client.cases, name="client_cases"),
    path("kund/<slug:company>/arenden/avslutade/", client.closed, name="client_closed"),
    path("kund/<slug:company>/arenden/nytt/", client.new_case, name="client_new_case"),
    path("kund/<slug:company>/kopia/<int:year>/", downloads.client_year, name="client_year_zip"),
    path(CASE, client_case.case_page, name="client_case"),
    path(CASE + "skicka-tillbaka/", client_case.send_back, name="client_send_back"),
    path(CASE + "utkast/", client_case.save_draft, name="client_draft"),
    path(CASE + "filer/", client_case.upload, name="client_upload"),
    path(CASE + "svara/", client_case.decide, name="client_decide"),
    path(CASE + "last/", client_case.acknowledge, name="client_acknowledge"),
    path(CASE + "klart/", client_case.done, name="client_done"),
    path(CASE + "angra/", client_case.take_back, name="client_take_back"),
    path(CASE + "meddelande/", client_case.message, name="client_message"),
    path(CASE + "ateroppna/", client_case.reopen, name="client_reopen"),
    path(CASE + "kopia/", downloads.client_copy, name="client_case_zip"),
    path(CASE + "fil/<uuid:file_id>/", downloads.client_file, name="client_file"),
    # The firm's desk
    path("byra/<slug:firm>/", firm_desk.desk, name="firm_desk"),
    path("byra/<slug:firm>/medarbetare/", people.staff, name="firm_staff"),
    path("byra/<slug:firm>/medarbetare/<uuid:pk>/", person.staff_member, name="firm_staff_member"),
    path("byra/<slug:firm>/installningar/", firm_settings.settings, name="firm_settings"),
    path("byra/<slug:firm>/installningar/avtal/", firm_agreement.agreement, name="firm_agreement"),
    path("byra/<slug:firm>/installningar/logg/", security.security_log, name="firm_security_log"),
    path("byra/<slug:firm>/personuppgifter/", personal_data.for_firm, name="firm_personal_data"),
    path("byra/<slug:firm>/logotyp/", logo.firm_logo, name="firm_logo"),
    path("byra/<slug:firm>/kunder/", firm_clients.clients, name="firm_clients"),
    path("byra/<slug:firm>/kunder/ny/", firm_clients.new_client, name="firm_new_client"),
    path("byra/<slug:firm>/kunder/import/", client_import.choose, name="firm_import"),
    path("byra/<slug:firm>/kunder/import/<uuid:pk>/", client_import.run, name="firm_import_run"),
    path("byra/<slug:firm>/kunder/import/<uuid:pk>/att-gora.csv", client_import.faults, name="firm_import_faults"),
    path("byra/<slug:firm>/kunder/<uuid:pk>/", firm_clients.client, name="firm_client"),
    path("byra/<slug:firm>/kunder/<uuid:pk>/huvudkontakt/", new_contact.firm_new_contact, name="firm_new_contact"),
    path("byra/<slug:firm>/kunder/<uuid:pk>/bevis/", evidence.firm_evidence, name="firm_evidence"),
    path(
        "byra/<slug:firm>/kunder/<uuid:pk>/bevis/avtal-<int:version>-<slug:language>.txt",
        evidence.firm_text,
        name="firm_evidence_text",
    ),
    path("byra/<slug:firm>/kunder/<uuid:pk>/andra/", firm_clients.edit_client, name="firm_edit_client"),
    path(
        "byra/<slug:firm>/kunder/<uuid:pk>/kopia/<int:year>/",
        firm_clients.client_year,
        name="firm_client_zip",
    ),
    path("byra/<slug:firm>/arenden/", firm_desk.cases, name="firm_cases"),
    path("byra/<slug:firm>/arenden/nytt/", firm_compose.new_case, name="firm_new_case"),
    path(FIRM_CASE, firm_case.case_page, name="firm_case"),
    path(FIRM_CASE + "andra/", firm_compose.edit_case, name="firm_edit_case"),
    path(FIRM_CASE + "ratta/", firm_compose.amend, name="firm_amend"),
    path(FIRM_CASE + "granska/", firm_case.review, name="firm_review"),
    path(FIRM_CASE + "svara-at/", firm_case.answer_for, name="firm_answer_for"),
    path(FIRM_CASE + "kopia/", downloads.firm_copy, name="firm_case_zip"),
    path(FIRM_CASE + "fil/<uuid:file_id>/", downloads.firm_file, name="firm_file"),
    path(FIRM_CASE + "gor/<slug:verb>/", firm_case.act, name="firm_act"),
]

if settings.SAMSYN_DEMO:
    from samsyn.demo.mail import mail

    urlpatterns.append(path("demo/mail/", mail, name="demo_mail"))

handler400 = "samsyn.web.errors.bad_request"
handler403 = "samsyn.web.errors.forbidden"
handler404 = "samsyn.web.errors.not_found"
handler429 = "samsyn.web.errors.too_often"  # asked for by the sign-in library
handler500 = "samsyn.web.errors.broken"
