# The people of the demo. Their passwords are made anew for each run and pass only through files. Sourced.
# shellcheck shell=bash

demo_people() {
    teacher=claire.martin@$mail_domain
    teacher_alias=cmartin@$mail_domain
    admin=paul.durand@$mail_domain
    pupil=lea.petit@$mail_domain
    suspended=luc.ancien@$mail_domain
    notices=ne-pas-repondre@$mail_domain
    teacher_password=$(new_password)
    admin_password=$(new_password)
    pupil_password=$(new_password)
    suspended_password=$(new_password)
    notices_password=$(new_password)
}

# A letter and 24 characters of letters, digits, - and _: nothing that a shell, a URL or a client's file would read
# otherwise, and none that swaks takes for an option.
new_password() { printf 'p%s\n' "$(openssl rand -base64 18 | tr '+/' '-_')"; }

accounts_csv() {
    cat <<END
login,password,groups,display_name,aliases,state
$teacher,$teacher_password,teacher;staff,Claire Martin,$teacher_alias,active
$admin,$admin_password,administrative_staff;staff,Paul Durand,,active
$pupil,$pupil_password,pupil,Léa Petit,,active
$suspended,$suspended_password,teacher;staff,Luc Ancien,,suspended
$notices,$notices_password,,Académie Exemple,,active
END
}

# import_accounts FOLDER: the passwords are in the file only as long as the import takes.
import_accounts() {
    local file=$1/accounts.csv status=0
    (umask 077 && accounts_csv >"$file")
    "$postern" store migrate --config "$postern_config" &&
        "$postern" account import "$file" --config "$postern_config" || status=1
    rm -f "$file"
    return $status
}
