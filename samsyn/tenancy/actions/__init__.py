"""What changes who may see what. Plain functions, one transaction each, an actor first."""

from samsyn.tenancy.actions.absences import end_away, hand_over_standing_in, set_away
from samsyn.tenancy.actions.access import change_role, end_access, locked_member, revoke
from samsyn.tenancy.actions.account import ask_for_address, awaited_address, confirm_address
from samsyn.tenancy.actions.agreement import newest_version, publish_agreement
from samsyn.tenancy.actions.clients import (
    add_client,
    change_client,
    delete_client,
    end_client,
    join_companies,
    set_people,
    take_up_client,
)
from samsyn.tenancy.actions.consent import record_consent
from samsyn.tenancy.actions.factors import (
    add_passkey,
    answer_offer,
    put_on_codes,
    remove_factor,
    rename_passkey,
    renew_recovery_codes,
    reset_factors,
    tell_of_recovery,
)
from samsyn.tenancy.actions.people import (
    accept_invitation,
    add_colleague,
    add_firm,
    add_staff,
    change_firm,
    has_login,
    invitation_for,
    invite_again,
    invite_first_manager_again,
    invite_main_contact,
    remind_main_contact,
    tell_of_wrong_code,
)
from samsyn.tenancy.actions.providers import add_provider, link_provider, remove_provider, unlink_provider

__all__ = [
    "accept_invitation",
    "add_client",
    "add_colleague",
    "add_firm",
    "add_passkey",
    "add_provider",
    "add_staff",
    "answer_offer",
    "ask_for_address",
    "awaited_address",
    "change_client",
    "change_firm",
    "change_role",
    "confirm_address",
    "delete_client",
    "end_access",
    "end_away",
    "end_client",
    "hand_over_standing_in",
    "has_login",
    "invitation_for",
    "invite_again",
    "invite_first_manager_again",
    "invite_main_contact",
    "join_companies",
    "link_provider",
    "locked_member",
    "newest_version",
    "publish_agreement",
    "put_on_codes",
    "record_consent",
    "remind_main_contact",
    "remove_factor",
    "remove_provider",
    "rename_passkey",
    "renew_recovery_codes",
    "reset_factors",
    "revoke",
    "set_away",
    "set_people",
    "take_up_client",
    "tell_of_recovery",
    "tell_of_wrong_code",
    "unlink_provider",
]
