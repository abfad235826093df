//! What can be done with second factors.

use std::net::IpAddr;
use std::sync::Arc;

use crate::asker::Person;
use crate::audit::{AuditAction, AuditLog};
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::random::{Random, new_id};
use crate::second_factor::{
    CodeKind, Confirmed, RecoveryCode, RecoveryCodeHash, SecondFactor, SecondFactorId, SecondFactorStore,
    Totp, TotpSecret, code_invalid,
};
use crate::secret::Digest;
use crate::throttle::Throttle;
use crate::user::{PasswordCheck, User, UserId};

/// What can be done with second factors.
pub struct SecondFactors {
    /// Where they are kept.
    pub store: Arc<dyn SecondFactorStore>,
    /// Whether somebody still knows the own password.
    pub passwords: Arc<PasswordCheck>,
    /// Which codes are right.
    pub totp: Arc<dyn Totp>,
    /// How recovery codes are hashed.
    pub digest: Arc<dyn Digest>,
    /// Slows down whoever guesses.
    pub throttle: Arc<Throttle>,
    /// What is done is written down.
    pub audit: Arc<AuditLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids, secrets and codes.
    pub random: Arc<dyn Random>,
}

impl SecondFactors {
    /// Makes a secret for the person's app. It is not in force before a code of it was given.
    pub async fn begin(&self, person: &Person, password: String) -> Result<TotpSecret, Error> {
        self.passwords.check(person, password, AuditAction::TotpConfirm).await?;
        let created_at = self.clock.now();
        let mut bytes = [0; 20];
        self.random.fill(&mut bytes);
        let secret = TotpSecret(bytes);
        let factor = SecondFactor {
            id: SecondFactorId(new_id(created_at, self.random.as_ref())),
            user: person.user.id,
            secret: secret.clone(),
            created_at,
            confirmed_at: None,
        };
        if self.store.begin(&factor).await? {
            return Ok(secret);
        }
        let message = "a second factor is in force already; remove it first";
        Err(Refusal::whole(RefusalCode::Invalid, message).into())
    }

    /// Puts it into force with a first code; returns the recovery codes. The person's other sessions end.
    pub async fn confirm(&self, person: &Person, code: &str) -> Result<Vec<RecoveryCode>, Error> {
        let tries = self.throttle.code(&person.user, person.origin.address).await?;
        let found = self.store.find(person.user.id).await?;
        let Some(factor) = found.filter(|factor| factor.confirmed_at.is_none()) else {
            let message = "there is no second factor to put into force; begin with totpBegin";
            return Err(Refusal::whole(RefusalCode::NotFound, message).into());
        };
        let at = self.clock.now();
        let step = digits(code).and_then(|code| self.totp.step_of(&factor.secret, &code, at));
        let line = self.audit.done(person, AuditAction::TotpConfirm);
        let Some(step) = step else { return Err(self.audit.refuse(line, code_invalid()).await) };
        let (codes, hashes) = self.new_codes();
        let confirmed = Confirmed { id: factor.id, step, at, kept: person.session };
        if !self.store.confirm(&confirmed, &hashes, &line).await? {
            return Err(code_invalid().into());
        }
        self.throttle.code_right(tries).await;
        Ok(codes)
    }

    /// Takes the person's second factor away.
    pub async fn remove(&self, person: &Person, password: String, code: &str) -> Result<(), Error> {
        let action = AuditAction::TotpRemove;
        self.check(person, password, code, action).await?;
        self.store.remove(person.user.id, &self.audit.done(person, action)).await?;
        Ok(())
    }

    /// Makes new recovery codes; the old ones are void.
    pub async fn renew_recovery_codes(
        &self,
        person: &Person,
        password: String,
        code: &str,
    ) -> Result<Vec<RecoveryCode>, Error> {
        let action = AuditAction::RecoveryCodesRenew;
        self.check(person, password, code, action).await?;
        let (codes, hashes) = self.new_codes();
        let line = self.audit.done(person, action);
        if self.store.renew_recovery_codes(person.user.id, &hashes, &line).await? {
            Ok(codes)
        } else {
            Err(not_in_force().into())
        }
    }

    /// How many recovery codes the user has left.
    pub async fn recovery_codes_left(&self, user: UserId) -> Result<u32, Error> {
        Ok(self.store.recovery_codes_left(user).await?)
    }

    /// What this code is, where it is right now for the user, whose second factor is in force. It is used up.
    pub async fn verify(
        &self,
        user: &User,
        code: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<CodeKind>, Error> {
        let tries = self.throttle.code(user, address).await?;
        let kind = if digits(code).is_some() { CodeKind::App } else { CodeKind::Recovery };
        if !self.use_up(user.id, code).await? {
            return Ok(None);
        }
        self.throttle.code_right(tries).await;
        Ok(Some(kind))
    }

    async fn use_up(&self, user: UserId, code: &str) -> Result<bool, Error> {
        if let Some(code) = digits(code) {
            let found = self.store.find(user).await?;
            let Some(factor) = found.filter(|factor| factor.confirmed_at.is_some()) else { return Ok(false) };
            let Some(step) = self.totp.step_of(&factor.secret, &code, self.clock.now()) else {
                return Ok(false);
            };
            return Ok(self.store.use_step(factor.id, step).await?);
        }
        let Some(code) = RecoveryCode::parse(code) else { return Ok(false) };
        Ok(self.store.use_recovery_code(user, self.hash(&code)).await?)
    }

    /// Checks both the password and a code.
    async fn check(
        &self,
        person: &Person,
        password: String,
        code: &str,
        action: AuditAction,
    ) -> Result<(), Error> {
        self.passwords.check(person, password, action).await?;
        if !person.user.second_factor {
            return Err(not_in_force().into());
        }
        if self.verify(&person.user, code, person.origin.address).await?.is_some() {
            return Ok(());
        }
        Err(self.audit.refuse(self.audit.done(person, action), code_invalid()).await)
    }

    fn new_codes(&self) -> (Vec<RecoveryCode>, Vec<RecoveryCodeHash>) {
        let new = || RecoveryCode::new(self.random.as_ref());
        let codes: Vec<RecoveryCode> = std::iter::repeat_with(new).take(RecoveryCode::COUNT).collect();
        let hashes = codes.iter().map(|code| self.hash(code)).collect();
        (codes, hashes)
    }

    fn hash(&self, code: &RecoveryCode) -> RecoveryCodeHash {
        RecoveryCodeHash(self.digest.sha256(code.as_bytes()))
    }
}

/// The six digits that somebody typed, spaces left out.
fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).take(7).collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

fn not_in_force() -> Refusal {
    Refusal::whole(RefusalCode::NotFound, "no second factor is in force")
}
