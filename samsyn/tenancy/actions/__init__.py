"""What changes who may see what. Plain functions, one transaction each, an actor first."""

from samsyn.tenancy.actions.access import change_role, end_access, locked_member, revoke
from samsyn.tenancy.actions.account import ask_for_address, awaited_address, confirm_address
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
from samsyn.tenancy.actions.people import (
    accept_invitation,
    add_colleague,
    add_firm,
    add_staff,
    change_firm,
    invitation_for,
    invite_again,
    invite_first_manager_again,
    invite_main_contact,
    remind_main_contact,
)

__all__ = [
    "accept_invitation",
    "add_client",
    "add_colleague",
    "add_firm",
    "add_staff",
    "ask_for_address",
    "awaited_address",
    "change_client",
    "change_firm",
    "change_role",
    "confirm_address",
    "delete_client",
    "end_access",
    "end_client",
    "invitation_for",
    "invite_again",
    "invite_first_manager_again",
    "invite_main_contact",
    "join_companies",
    "locked_member",
    "record_consent",
    "remind_main_contact",
    "revoke",
    "set_people",
    "take_up_client",
]
