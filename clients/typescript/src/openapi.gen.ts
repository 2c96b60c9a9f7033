// Made from docs/openapi.json: `npm run build:client` writes it, `npm run check` finds what has drifted.
export interface paths {
    "/auth/audit_log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the account's own audit log, newest first: sign-ins good and bad, passwords, second factors */
        get: operations["readAccountAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/audit_log/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Copies the account's own audit log as it is stored, oldest entry first, one JSON object a line */
        get: operations["exportAccountAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Accepts an invitation: the user becomes a member */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Signs a user in
         * @description What fails is answered alike, and after the same time, whether the account exists or not.
         */
        post: operations["signIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends the sign-in of this request */
        post: operations["signOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Changes the own password
         * @description Every other sign-in ends.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has a link sent to the address, if it is anybody's
         * @description The answer, and the time it takes, do not tell.
         */
        post: operations["forgetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sets the password by a one-time link
         * @description Every sign-in ends.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Creates an account with an organization, its production default session and a first key, and signs the user in */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sign_ins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the sign-ins that stand, newest first */
        get: operations["listSignIns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sign_ins/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a sign-in: its access token, or its cookie, is worth nothing from then on */
        delete: operations["endSignIn"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begins to set up a second factor
         * @description It is needed from the first code on that confirms it.
         */
        post: operations["beginTotp"];
        /** Takes the second factor away */
        delete: operations["removeTotp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Confirms a second factor with a first code, and shows the recovery codes */
        post: operations["confirmTotp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/totp/recovery_codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Draws recovery codes anew
         * @description Those from before are worth nothing from then on.
         */
        post: operations["renewRecoveryCodes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/user": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the own account */
        get: operations["readAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes the own name */
        patch: operations["changeAccount"];
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells that the service is there, and its version */
        get: operations["checkHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/leaks/gitleaks.toml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rule with which gitleaks finds the keys of this deployment */
        get: operations["readGitleaksRule"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Describes the API as OpenAPI 3.1 */
        get: operations["describeApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads figures of the directory: how many organizations and users there are, and what it still has to tell */
        get: operations["readMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists all organizations, newest first */
        get: operations["listOrganizations"];
        put?: never;
        /** Creates an organization with its production default session and a first key with full access */
        post: operations["createOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/organizations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads any organization */
        get: operations["readAnyOrganization"];
        put?: never;
        post?: never;
        /** Deletes an organization with all its sessions and keys, for good */
        delete: operations["deleteOrganization"];
        options?: never;
        head?: never;
        /** Changes name, plan or limits of an organization */
        patch: operations["changeOrganization"];
        trace?: never;
    };
    "/operator/organizations/{id}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Invites somebody into any organization; in a closed deployment the only way in */
        post: operations["inviteAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/organizations/{id}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Reads figures of an organization or, with `sessionId`, of one of its sessions
         * @description No other object is woken.
         */
        get: operations["readOrganizationMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/organizations/{id}/republish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has the sessions of an organization tell KV and the lists of their keys once more, a portion at a time: call it with the cursor of the answer before until there is none
         * @description A key that a copy says is revoked is revoked at its session first.
         */
        post: operations["republishOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/organizations/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Resumes a suspended organization */
        post: operations["resumeOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/organizations/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Suspends an organization: all its keys are refused until it is resumed */
        post: operations["suspendOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the users of the deployment, newest first, or finds the one of an address */
        get: operations["listUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/users/{userId}/password_reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a link with which a user chooses a new password */
        post: operations["resetUserPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operator/users/{userId}/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes the second factor of a user away who has lost it */
        delete: operations["removeUserTotp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the organizations the user belongs to */
        get: operations["listOwnOrganizations"];
        put?: never;
        /** Founds another organization, which the user owns */
        post: operations["createOwnOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the caller's organization with its plan, and what is used of it */
        get: operations["readOrganizationAsMember"];
        put?: never;
        post?: never;
        /**
         * Deletes the organization with all sessions and keys
         * @description Its data is kept for a while, so that it can be exported.
         */
        delete: operations["deleteOwnOrganization"];
        options?: never;
        head?: never;
        /** Renames the organization, chooses whom alerts are mailed to, or puts it on another plan where owners choose it */
        patch: operations["changeOwnOrganization"];
        trace?: never;
    };
    "/organizations/{organizationId}/alert_rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the rules of all kinds, with what holds by default where nobody has changed anything */
        get: operations["listAlertRulesAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/alert_rules/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Makes the rule of a kind what it is by default */
        delete: operations["resetAlertRuleAsMember"];
        options?: never;
        head?: never;
        /**
         * Changes the rule of a kind
         * @description Sessions go by it within a minute of their next use.
         */
        patch: operations["changeAlertRuleAsMember"];
        trace?: never;
    };
    "/organizations/{organizationId}/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the alerts within the caller's reach, newest first */
        get: operations["listAlertsAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/alerts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads an alert */
        get: operations["readAlertAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/alerts/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says that somebody has seen an alert
         * @description It stays open as long as it is so; whoever says it again changes nothing.
         */
        post: operations["acknowledgeAlertAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/api_keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the API keys within the caller's reach, newest first */
        get: operations["listApiKeysAsMember"];
        put?: never;
        /**
         * Issues an API key
         * @description The plaintext is returned once and cannot be recovered.
         */
        post: operations["createApiKeyAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/api_keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads an API key, with what is left of its limits */
        get: operations["readApiKeyAsMember"];
        put?: never;
        post?: never;
        /**
         * Revokes an API key for good
         * @description When the answer is 200, no verification that begins later accepts the key.
         */
        delete: operations["revokeApiKeyAsMember"];
        options?: never;
        head?: never;
        /**
         * Changes an API key
         * @description A field that is left out stays; null clears it.
         */
        patch: operations["changeApiKeyAsMember"];
        trace?: never;
    };
    "/organizations/{organizationId}/api_keys/{id}/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells who still uses an API key, and whether it is safe to delete */
        get: operations["readApiKeyEvidenceAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/api_keys/{id}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the last verifications of an API key, the latest first: all of a quiet key, some of a busy one */
        get: operations["listApiKeyRequestsAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/api_keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replaces an API key by a successor with the same settings; the old one lives for the overlap */
        post: operations["rotateApiKeyAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/api_keys/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells what an API key has been used for */
        get: operations["readApiKeyUsageAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/api_keys/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revokes many API keys for good: those that are named, or those that a filter finds
         * @description A dry run shows which.
         */
        post: operations["revokeApiKeysAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/api_keys/unused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the API keys that have not been used for so many days, nor issued since then, newest first
         * @description Revoked ones are left out.
         */
        get: operations["listUnusedApiKeysAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/audit_log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the audit log as far as the caller reaches, newest first */
        get: operations["readAuditLogAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/audit_log/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Copies the audit log as it is stored, oldest entry first, one JSON object a line */
        get: operations["exportAuditLogAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/domains": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the domains, newest first */
        get: operations["listDomainsAsMember"];
        put?: never;
        /**
         * Names a domain
         * @description It is `pending` until its `record` stands in the DNS and was looked for.
         */
        post: operations["createDomainAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/domains/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a domain */
        get: operations["readDomainAsMember"];
        put?: never;
        post?: never;
        /**
         * Gives a domain up
         * @description Keys that are bound to it keep it, unverified.
         */
        delete: operations["deleteDomainAsMember"];
        options?: never;
        head?: never;
        /** Changes whether a domain stands for its subdomains, and what its loss does */
        patch: operations["changeDomainAsMember"];
        trace?: never;
    };
    "/organizations/{organizationId}/domains/{id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Looks for the record of a domain in the DNS, at once */
        post: operations["verifyDomainAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Copies everything about the organization: members, invitations, sessions, API keys, domains, endpoints of webhooks, routes of the gateway, rules for alerts, alerts, audit log
         * @description No secret is in it.
         */
        post: operations["exportOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/gateway_routes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the routes, newest first */
        get: operations["listGatewayRoutesAsMember"];
        put?: never;
        /**
         * Creates a route
         * @description Its secret is shown this once. A route below another one is answered once nobody takes the other.
         */
        post: operations["createGatewayRouteAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/gateway_routes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a route */
        get: operations["readGatewayRouteAsMember"];
        put?: never;
        post?: never;
        /**
         * Deletes a route
         * @description It is answered once nobody gets through on it.
         */
        delete: operations["deleteGatewayRouteAsMember"];
        options?: never;
        head?: never;
        /**
         * Changes a route
         * @description It is answered once nobody acts on what the route was.
         */
        patch: operations["changeGatewayRouteAsMember"];
        trace?: never;
    };
    "/organizations/{organizationId}/gateway_routes/{id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a new secret, shown this once
         * @description The one before goes on to sign beside it for 24 hours.
         */
        post: operations["rotateGatewayRouteSecretAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the invitations, newest first */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invites somebody
         * @description The link is shown this once; a deployment with a hook sends it as well.
         */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes an invitation back */
        delete: operations["revokeInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/keys/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verifies a key of one of the caller's customers
         * @description The answer is 200 whatever is decided about the key.
         */
        post: operations["verifyKeyAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the members, newest first */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/members/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a member */
        get: operations["readMember"];
        put?: never;
        post?: never;
        /**
         * Removes a member, or leaves
         * @description Keys stay: they belong to the organization.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * Gives a member another role
         * @description Only owners make or unmake owners, and one always remains.
         */
        patch: operations["changeMember"];
        trace?: never;
    };
    "/organizations/{organizationId}/members/{userId}/password_reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a link with which a member chooses a new password
         * @description Only for members who belong to no other organization.
         */
        post: operations["resetMemberPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/outcomes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Counts what became of verified requests, each once
         * @description Those that cannot be counted do not keep back the others.
         */
        post: operations["countOutcomesAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the sessions within the caller's reach, newest first */
        get: operations["listSessionsAsMember"];
        put?: never;
        /** Creates a session */
        post: operations["createSessionAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a session, with what is used of its limits */
        get: operations["readSessionAsMember"];
        put?: never;
        post?: never;
        /** Deletes a session and revokes all its keys, for good */
        delete: operations["deleteSessionAsMember"];
        options?: never;
        head?: never;
        /**
         * Renames, limits, connects or disconnects a session
         * @description The keys of a disconnected one are refused.
         */
        patch: operations["changeSessionAsMember"];
        trace?: never;
    };
    "/organizations/{organizationId}/sessions/{id}/api_keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the API keys of a session, newest first */
        get: operations["listSessionApiKeysAsMember"];
        put?: never;
        /**
         * Issues an API key of a session
         * @description Without a name the session gives it one.
         */
        post: operations["createSessionApiKeyAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/sessions/{id}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells how a session is doing: whether it is connected, what happened lately, its keys by status, and the last use */
        get: operations["readSessionHealthAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/sessions/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells what all keys of a session have been used for */
        get: operations["readSessionUsageAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hands the organization over: the member becomes an owner, the caller an admin */
        post: operations["transferOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells what all keys within the caller's reach have been used for, as far as sessions have told it: in hours or days */
        get: operations["readUsageAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/webhook_endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the endpoints, newest first */
        get: operations["listWebhookEndpointsAsMember"];
        put?: never;
        /**
         * Creates an endpoint
         * @description Its secret is shown this once.
         */
        post: operations["createWebhookEndpointAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/webhook_endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads an endpoint */
        get: operations["readWebhookEndpointAsMember"];
        put?: never;
        post?: never;
        /** Deletes an endpoint, with all that is still to be sent to it */
        delete: operations["deleteWebhookEndpointAsMember"];
        options?: never;
        head?: never;
        /** Changes an endpoint, or switches it off and on again */
        patch: operations["changeWebhookEndpointAsMember"];
        trace?: never;
    };
    "/organizations/{organizationId}/webhook_endpoints/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what was sent to an endpoint and what is still to be, the newest event first */
        get: operations["listWebhookDeliveriesAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/webhook_endpoints/{id}/deliveries/{deliveryId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a delivery, with what it says */
        get: operations["readWebhookDeliveryAsMember"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/webhook_endpoints/{id}/deliveries/{deliveryId}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends an event once more, whatever has become of it, under the same `webhook-id` */
        post: operations["replayWebhookDeliveryAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/webhook_endpoints/{id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a new secret, shown this once
         * @description The one before goes on to sign beside it for 24 hours.
         */
        post: operations["rotateWebhookSecretAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizations/{organizationId}/webhook_endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends `webhook.test` to an endpoint, whatever that is told otherwise */
        post: operations["testWebhookEndpointAsMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert_rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the rules of all kinds, with what holds by default where nobody has changed anything */
        get: operations["listAlertRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert_rules/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Makes the rule of a kind what it is by default */
        delete: operations["resetAlertRule"];
        options?: never;
        head?: never;
        /**
         * Changes the rule of a kind
         * @description Sessions go by it within a minute of their next use.
         */
        patch: operations["changeAlertRule"];
        trace?: never;
    };
    "/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the alerts within the caller's reach, newest first */
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads an alert */
        get: operations["readAlert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says that somebody has seen an alert
         * @description It stays open as long as it is so; whoever says it again changes nothing.
         */
        post: operations["acknowledgeAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the API keys within the caller's reach, newest first */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Issues an API key
         * @description The plaintext is returned once and cannot be recovered.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads an API key, with what is left of its limits */
        get: operations["readApiKey"];
        put?: never;
        post?: never;
        /**
         * Revokes an API key for good
         * @description When the answer is 200, no verification that begins later accepts the key.
         */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        /**
         * Changes an API key
         * @description A field that is left out stays; null clears it.
         */
        patch: operations["changeApiKey"];
        trace?: never;
    };
    "/v1/api_keys/{id}/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells who still uses an API key, and whether it is safe to delete */
        get: operations["readApiKeyEvidence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{id}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the last verifications of an API key, the latest first: all of a quiet key, some of a busy one */
        get: operations["listApiKeyRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replaces an API key by a successor with the same settings; the old one lives for the overlap */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells what an API key has been used for */
        get: operations["readApiKeyUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revokes many API keys for good: those that are named, or those that a filter finds
         * @description A dry run shows which.
         */
        post: operations["revokeApiKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/unused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the API keys that have not been used for so many days, nor issued since then, newest first
         * @description Revoked ones are left out.
         */
        get: operations["listUnusedApiKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit_log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the audit log as far as the caller reaches, newest first */
        get: operations["readAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit_log/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Copies the audit log as it is stored, oldest entry first, one JSON object a line */
        get: operations["exportAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/domains": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the domains, newest first */
        get: operations["listDomains"];
        put?: never;
        /**
         * Names a domain
         * @description It is `pending` until its `record` stands in the DNS and was looked for.
         */
        post: operations["createDomain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/domains/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a domain */
        get: operations["readDomain"];
        put?: never;
        post?: never;
        /**
         * Gives a domain up
         * @description Keys that are bound to it keep it, unverified.
         */
        delete: operations["deleteDomain"];
        options?: never;
        head?: never;
        /** Changes whether a domain stands for its subdomains, and what its loss does */
        patch: operations["changeDomain"];
        trace?: never;
    };
    "/v1/domains/{id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Looks for the record of a domain in the DNS, at once */
        post: operations["verifyDomain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gateway_routes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the routes, newest first */
        get: operations["listGatewayRoutes"];
        put?: never;
        /**
         * Creates a route
         * @description Its secret is shown this once. A route below another one is answered once nobody takes the other.
         */
        post: operations["createGatewayRoute"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gateway_routes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a route */
        get: operations["readGatewayRoute"];
        put?: never;
        post?: never;
        /**
         * Deletes a route
         * @description It is answered once nobody gets through on it.
         */
        delete: operations["deleteGatewayRoute"];
        options?: never;
        head?: never;
        /**
         * Changes a route
         * @description It is answered once nobody acts on what the route was.
         */
        patch: operations["changeGatewayRoute"];
        trace?: never;
    };
    "/v1/gateway_routes/{id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a new secret, shown this once
         * @description The one before goes on to sign beside it for 24 hours.
         */
        post: operations["rotateGatewayRouteSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/report-leak": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes a report that a key was found where it should not be
         * @description Whoever has the key needs no other credential, and learns nothing about it.
         */
        post: operations["reportLeak"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verifies a key of one of the caller's customers
         * @description The answer is 200 whatever is decided about the key.
         */
        post: operations["verifyKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/leaks/github": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes what GitHub's secret scanning has found
         * @description The body is signed by GitHub, whose keys are read from its list.
         */
        post: operations["reportLeaksAsGithub"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organization": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the caller's organization with its plan, and what is used of it */
        get: operations["readOrganization"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/outcomes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Counts what became of verified requests, each once
         * @description Those that cannot be counted do not keep back the others.
         */
        post: operations["countOutcomes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the sessions within the caller's reach, newest first */
        get: operations["listSessions"];
        put?: never;
        /** Creates a session */
        post: operations["createSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a session, with what is used of its limits */
        get: operations["readSession"];
        put?: never;
        post?: never;
        /** Deletes a session and revokes all its keys, for good */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        /**
         * Renames, limits, connects or disconnects a session
         * @description The keys of a disconnected one are refused.
         */
        patch: operations["changeSession"];
        trace?: never;
    };
    "/v1/sessions/{id}/api_keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the API keys of a session, newest first */
        get: operations["listSessionApiKeys"];
        put?: never;
        /**
         * Issues an API key of a session
         * @description Without a name the session gives it one.
         */
        post: operations["createSessionApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells how a session is doing: whether it is connected, what happened lately, its keys by status, and the last use */
        get: operations["readSessionHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells what all keys of a session have been used for */
        get: operations["readSessionUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells what all keys within the caller's reach have been used for, as far as sessions have told it: in hours or days */
        get: operations["readUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the endpoints, newest first */
        get: operations["listWebhookEndpoints"];
        put?: never;
        /**
         * Creates an endpoint
         * @description Its secret is shown this once.
         */
        post: operations["createWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads an endpoint */
        get: operations["readWebhookEndpoint"];
        put?: never;
        post?: never;
        /** Deletes an endpoint, with all that is still to be sent to it */
        delete: operations["deleteWebhookEndpoint"];
        options?: never;
        head?: never;
        /** Changes an endpoint, or switches it off and on again */
        patch: operations["changeWebhookEndpoint"];
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what was sent to an endpoint and what is still to be, the newest event first */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/deliveries/{deliveryId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a delivery, with what it says */
        get: operations["readWebhookDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/deliveries/{deliveryId}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends an event once more, whatever has become of it, under the same `webhook-id` */
        post: operations["replayWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a new secret, shown this once
         * @description The one before goes on to sign beside it for 24 hours.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends `webhook.test` to an endpoint, whatever that is told otherwise */
        post: operations["testWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/whoami": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Verifies the bearer itself: 200 with the key's context, or 401, 403, 429 */
        get: operations["whoami"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An invitation. */
        AcceptInvitation: {
            /** @description The token of the invitation. */
            token: string;
        };
        /** @description An account as its user sees it. */
        Account: {
            /**
             * Format: date-time
             * @description When the account was created.
             */
            createdAt: string;
            /**
             * Format: idn-email
             * @description The address the user signs in with.
             */
            email: string;
            /** @description The first name. */
            firstName: string;
            /** @description The id of the user. */
            id: components["schemas"]["UserId"];
            /** @description The last name. */
            lastName: string;
            /** @description The organizations the user belongs to, the oldest membership first. */
            organizations: components["schemas"]["Membership"][];
            /** @description Whether a second factor is needed to sign in. */
            totpEnabled: boolean;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        /** @description Who did something. */
        Actor: {
            /** @description Its id, if it has one. */
            id: string | null;
            /**
             * @description What kind of caller: `api_key`, `user`, `operator`, `leak_report`, or the `service` itself.
             * @enum {string}
             */
            type: "api_key" | "user" | "operator" | "leak_report" | "service";
        };
        /** @description Something that somebody should look at. */
        Alert: {
            /**
             * Format: date-time
             * @description When somebody said that it was seen.
             */
            acknowledgedAt: string | null;
            /** @description Who did. */
            acknowledgedBy: components["schemas"]["Actor"] | null;
            /** @description What was measured, each by its name. */
            facts: {
                [key: string]: string;
            };
            /** @description The id of the alert. */
            id: components["schemas"]["AlertId"];
            /** @description What it is about. */
            kind: components["schemas"]["AlertKind"];
            /**
             * Format: date-time
             * @description When it was opened.
             */
            openedAt: string;
            /**
             * Format: date-time
             * @description When it was over.
             */
            resolvedAt: string | null;
            /** @description The session that it belongs to, if to one. */
            sessionId: components["schemas"]["SessionId"] | null;
            /**
             * @description How soon somebody should look: `info`, `warning` or `critical`.
             * @enum {string}
             */
            severity: "info" | "warning" | "critical";
            /**
             * @description Whether it is still so: `open` or `resolved`.
             * @enum {string}
             */
            status: "open" | "resolved";
            /** @description The id of what is affected: of a key, a session, an endpoint, a domain, or of the organization. */
            subject: string;
            /**
             * Format: date-time
             * @description When anything about it last changed.
             */
            updatedAt: string;
        };
        /** @description After how many days, by environment; null for never. */
        AlertDays: {
            /** @description In development. */
            development: number | null;
            /** @description In sessions without an environment. */
            none: number | null;
            /** @description In production. */
            production: number | null;
            /** @description In staging. */
            staging: number | null;
        };
        AlertId: string;
        /** @enum {string} */
        AlertKind: "traffic_spike" | "error_rate" | "near_limit" | "key_expiring" | "key_unused" | "rotation_due" | "revoked_key_used" | "new_country" | "webhook_dead" | "domain_lost" | "key_leaked";
        /** @description An alert was opened, or is over. */
        AlertMessage: {
            data: {
                /** @description The alert, as in webhooks. */
                alert: Record<string, never>;
                organization: string;
                organizationId: components["schemas"]["OrganizationId"];
                to: string[];
            };
            /** Format: date-time */
            timestamp: string;
            /** @constant */
            type: "alert";
        };
        /** @description When something of one kind is worth an alert. */
        AlertRule: {
            /** @description Whether alerts of this kind are opened. */
            enabled: boolean;
            /** @description After how many days, by environment; null where that is the same for all. */
            environments: components["schemas"]["AlertDays"] | null;
            /** @description Whether it is as it is by default. */
            isDefault: boolean;
            /** @description The kind of alerts. */
            kind: components["schemas"]["AlertKind"];
            /** @description Of how many requests within ten minutes at least; null where it does not matter. */
            minimum: number | null;
            /** @description From which measure on, in `unit`; null where nothing is measured. */
            threshold: number | null;
            /**
             * @description What the threshold counts: `times_usual`, `percent` or `days`; null where there is none.
             * @enum {string|null}
             */
            unit: "times_usual" | "percent" | "days" | null;
        };
        /** @description A page of alerts. */
        Alerts: {
            /** @description The rows. */
            data: components["schemas"]["Alert"][];
            /** @description How many alerts were dropped since the beginning, because more than a thousand would have been open; null for a caller that is bound to one session. */
            dropped: number | null;
            /** @description How to go on. */
            pagination: components["schemas"]["Pagination"];
        };
        /** @description An API key. */
        ApiKey: {
            /** @description Whether it verifies now. */
            active: boolean;
            /**
             * Format: date-time
             * @description When it was issued.
             */
            createdAt: string;
            /** @description Who issued it. */
            createdBy: components["schemas"]["Actor"];
            /** @description How often it may still be used; null if nobody counts. */
            credits: components["schemas"]["Credits"] | null;
            /** @description The one domain it may act for. */
            domain: string | null;
            /** @description Whether that is a verified domain of the organization; null if the key is bound to none. */
            domainVerified: boolean | null;
            /**
             * @description The environment of that session.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /**
             * Format: date-time
             * @description When it stops to verify.
             */
            expiresAt: string | null;
            /** @description The owner's own name for whom the key belongs to. */
            externalId: string | null;
            /** @description The id of the key. */
            id: components["schemas"]["ApiKeyId"];
            /** @description The networks it may be used from; empty means anywhere. */
            ipAllowList: string[];
            /** @description The last four characters of the secret key. */
            last4: string;
            /**
             * Format: date-time
             * @description When it last verified; at most a minute old under load.
             */
            lastUsedAt: string | null;
            /** @description Free data of the owner. */
            metadata: Record<string, never>;
            /** @description The name it was given. */
            name: string;
            /**
             * Format: date-time
             * @description When it starts to verify.
             */
            notBefore: string | null;
            /** @description The organization it belongs to. */
            organizationId: components["schemas"]["OrganizationId"];
            /**
             * @description The preset that the permissions amount to.
             * @enum {string|null}
             */
            permission: "full_access" | "sending_access" | null;
            /** @description What it may do. */
            permissions: components["schemas"]["Permission"][];
            /** @description Its own rate limits. */
            rateLimits: components["schemas"]["RateLimit"][];
            /** @description Why it was revoked. */
            revocationReason: string | null;
            /**
             * Format: date-time
             * @description When it was revoked.
             */
            revokedAt: string | null;
            /** @description The key it replaced. */
            rotatedFrom: components["schemas"]["ApiKeyId"] | null;
            /** @description The key that replaced it. */
            rotatedTo: components["schemas"]["ApiKeyId"] | null;
            /** @description The session it is a credential of. */
            sessionId: components["schemas"]["SessionId"];
            /** @description The first 8 random characters of the id, for people. */
            shortId: string;
            /** @description Prefix and first four random characters of the secret key. */
            start: string;
            /**
             * @description Where it stands in its life.
             * @enum {string}
             */
            status: "active" | "pending" | "disabled" | "expired" | "revoked";
            /**
             * Format: date-time
             * @description When the record last changed.
             */
            updatedAt: string;
        };
        ApiKeyId: string;
        /** @description A page of the audit log with the head of its chain. */
        Audit: {
            /** @description The rows. */
            data: components["schemas"]["AuditEntry"][];
            /** @description The newest entry of the whole log; null for a caller that is bound to one session. */
            head: components["schemas"]["AuditHead"] | null;
            /** @description How to go on. */
            pagination: components["schemas"]["Pagination"];
        };
        /** @description A line of the audit log. */
        AuditEntry: {
            /**
             * @description What was done.
             * @enum {string}
             */
            action: "api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.leaked" | "access.denied" | "session.created" | "session.updated" | "session.deleted" | "session.policy_changed" | "organization.created" | "organization.updated" | "organization.suspended" | "organization.resumed" | "organization.deleted" | "organization.exported" | "member.added" | "member.role_changed" | "member.removed" | "organization.transferred" | "invitation.created" | "invitation.revoked" | "alert.acknowledged" | "alert_rule.updated" | "alert_rule.reset" | "user.created" | "user.signed_in" | "user.sign_in_failed" | "user.signed_out" | "user.updated" | "user.password_changed" | "user.password_reset_requested" | "user.password_reset" | "user.totp_enabled" | "user.totp_disabled" | "user.recovery_codes_renewed" | "webhook_endpoint.created" | "webhook_endpoint.updated" | "webhook_endpoint.secret_rotated" | "webhook_endpoint.tested" | "webhook_endpoint.replayed" | "webhook_endpoint.deleted" | "domain.created" | "domain.updated" | "domain.checked" | "domain.verified" | "domain.lost" | "domain.deleted" | "gateway_route.created" | "gateway_route.updated" | "gateway_route.secret_rotated" | "gateway_route.deleted";
            /** @description Who did it. */
            actor: components["schemas"]["Actor"];
            /**
             * Format: date-time
             * @description When it happened.
             */
            at: string;
            /** @description Names of the fields that changed, or the ids of what came of it. */
            details: string[];
            /** @description SHA-256 over the previous entry's hash and this entry; null for a caller that is bound to one session. */
            hash: string | null;
            /** @description The id of the entry. */
            id: string;
            /** @description Where that request came from; null where there was none. */
            origin: components["schemas"]["AuditOrigin"] | null;
            /** @description The `x-request-id` of the request behind it; null where there was none. */
            requestId: string | null;
            /** @description Its number in the log: the organization's, or the session's for a caller that is bound to one. */
            seq: number;
            /** @description The session it happened in, if it happened in one. */
            sessionId: components["schemas"]["SessionId"] | null;
            /** @description The id of what it was done to. */
            target: string;
        };
        /** @description Lines of JSON. First `{type: "anchor", seq, hash}`, the place before the first entry; then `{seq, hash, entry, copiedFrom}` for each, where `hash` is the SHA-256 (hexadecimal) over the hash before it, `seq` and the text `entry`, each followed by a line feed; last `{type: "head", seq, hash}`. */
        AuditExport: string;
        /** @description The newest entry of a log: whoever keeps it can prove later that nothing before it was changed. */
        AuditHead: {
            /** @description Its hash. */
            hash: string;
            /** @description Its number. */
            seq: number;
        };
        /** @description Where the request behind an entry came from. */
        AuditOrigin: {
            /** @description What the client calls itself, shortened. */
            client: string | null;
            /** @description The country of the client, as the platform tells. */
            country: string | null;
            /** @description The address of the client. */
            ip: string | null;
        };
        /** @description One of them. */
        BulkKey: {
            /** @description The id, as it was given. */
            keyId: string;
            /** @description Its last four characters. */
            last4: string | null;
            /**
             * Format: date-time
             * @description When it was last used.
             */
            lastUsedAt: string | null;
            /** @description The name it was given. */
            name: string | null;
            /**
             * @description `revoked`, `already_revoked`, `not_found` or `failed`; in a dry run, what it would be.
             * @enum {string}
             */
            result: "revoked" | "already_revoked" | "not_found" | "failed";
            /** @description Whether the revocation is in force everywhere. */
            settled: boolean;
            /** @description What begins the secret key. */
            start: string | null;
        };
        /** @description What has become of many keys, or would. */
        BulkRevocation: {
            /** @description How many keys are meant. */
            count: number;
            /** @description The keys. */
            data: components["schemas"]["BulkKey"][];
            /** @description Whether nothing has happened: this is what would. */
            dryRun: boolean;
            /** @description Whether a filter finds more than are revoked at once; ask again for the rest. */
            hasMore: boolean;
        };
        /**
         * @description Changes to the own account.
         * @example {
         *       "lastName": "King"
         *     }
         */
        ChangeAccount: {
            /** @description The first name, on one line. */
            firstName?: string;
            /** @description The last name, on one line. */
            lastName?: string;
        };
        /**
         * @description Changes to a rule.
         * @example {
         *       "enabled": false
         *     }
         */
        ChangeAlertRule: {
            /** @description Whether alerts of this kind are opened. */
            enabled?: boolean;
            /** @description After how many days, by environment; what is left out stays. Only for `rotation_due`. */
            environments?: {
                /** @description In development; null for never. */
                development?: number | null;
                /** @description In sessions without an environment; null for never. */
                none?: number | null;
                /** @description In production; null for never. */
                production?: number | null;
                /** @description In staging; null for never. */
                staging?: number | null;
            };
            /** @description Of how many requests at least; only where the kind has it. */
            minimum?: number;
            /** @description From which measure on; only where the kind has a threshold. */
            threshold?: number;
        };
        /**
         * @description Changes to an API key.
         * @example {
         *       "active": false
         *     }
         */
        ChangeApiKey: {
            /** @description false disables the key, true enables it again. */
            active?: boolean;
            /** @description How often the key may be used in all; null ends the counting. */
            credits?: {
                /** @description How many more, or fewer; never below 0. */
                add?: number;
                /** @description When they are filled up. */
                refill?: {
                    /** @description Up to how many credits; more than that stay. */
                    amount: number;
                    /** @description Of the week, 1 for Monday; of the month, or its last; 1 by default. Not for `daily`. */
                    day?: number | null;
                    /**
                     * @description How often, at 00:00 UTC.
                     * @enum {string}
                     */
                    interval: "daily" | "weekly" | "monthly";
                } | null;
                /** @description How many credits there are now; not together with `add`. */
                remaining?: number;
            } | null;
            /** @description The one domain the key may act for, in ASCII or any script. */
            domain?: string | null;
            /**
             * Format: date-time
             * @description When the key stops to verify; in the future, and after `notBefore`.
             */
            expiresAt?: string | null;
            /** @description Your own id for whom the key belongs to. */
            externalId?: string | null;
            /** @description Addresses and networks (CIDR) the key may be used from; empty means anywhere. */
            ipAllowList?: string[] | null;
            /** @description Free data, answered by every verification: at most 4 KiB as JSON, 64 keys in all, 8 levels. */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description A name for people, on one line. */
            name?: string;
            /**
             * Format: date-time
             * @description When the key starts to verify.
             */
            notBefore?: string | null;
            /**
             * @description A preset of permissions; not together with `permissions`. New keys get `full_access` by default.
             * @enum {string}
             */
            permission?: "full_access" | "sending_access";
            /** @description What the key may do. */
            permissions?: components["schemas"]["Permission"][];
            /** @description How often the key may be verified, at most; each limit under a name of its own. */
            rateLimits?: {
                /** @description How many tokens. */
                limit: number;
                /** @description What it is called. */
                name: string;
                /** @description Within any window of so many milliseconds. */
                windowMs: number;
            }[] | null;
        };
        /** @description A domain after a change, with the moment from which nobody acts on the state before. */
        ChangedDomain: {
            /**
             * Format: date-time
             * @description When it was named.
             */
            createdAt: string;
            /** @description Who named it. */
            createdBy: components["schemas"]["Actor"];
            /** @description The domain, in lower-case ASCII. */
            domain: string;
            /**
             * Format: date-time
             * @description From when on the change is in force everywhere.
             */
            effectiveAt: string;
            /** @description The id of the domain. */
            id: components["schemas"]["DomainId"];
            /** @description Whether keys may be bound to its subdomains as well. */
            includeSubdomains: boolean;
            /**
             * Format: date-time
             * @description When the record was looked for last.
             */
            lastCheckedAt: string | null;
            /**
             * @description What came of it: `found`, `missing`, or `unknown` where the DNS could not be asked.
             * @enum {string|null}
             */
            lastResult: "found" | "missing" | "unknown" | null;
            /**
             * Format: date-time
             * @description When it was lost; null if it is not.
             */
            lostAt: string | null;
            /**
             * Format: date-time
             * @description Since when the record is missing; null while it is there.
             */
            missingSince: string | null;
            /**
             * Format: date-time
             * @description When it is looked for next without being asked; null before it was ever found.
             */
            nextCheckAt: string | null;
            /**
             * @description What its loss does to keys that are bound to it.
             * @enum {string}
             */
            onLoss: "warn" | "refuse";
            /** @description What has to stand in the DNS. */
            record: components["schemas"]["DomainRecord"];
            /**
             * @description Whether it is `pending`, `verified` or `lost`.
             * @enum {string}
             */
            status: "pending" | "verified" | "lost";
            /**
             * Format: date-time
             * @description When its settings or its status last changed.
             */
            updatedAt: string;
            /**
             * Format: date-time
             * @description When it was verified last.
             */
            verifiedAt: string | null;
        };
        /** @description A key after a change, with the moment from which nobody acts on the state before. */
        ChangedKey: {
            /** @description Whether it verifies now. */
            active: boolean;
            /**
             * Format: date-time
             * @description When it was issued.
             */
            createdAt: string;
            /** @description Who issued it. */
            createdBy: components["schemas"]["Actor"];
            /** @description How often it may still be used; null if nobody counts. */
            credits: components["schemas"]["Credits"] | null;
            /** @description The one domain it may act for. */
            domain: string | null;
            /** @description Whether that is a verified domain of the organization; null if the key is bound to none. */
            domainVerified: boolean | null;
            /**
             * Format: date-time
             * @description From when on the change is in force everywhere.
             */
            effectiveAt: string;
            /**
             * @description The environment of that session.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /**
             * Format: date-time
             * @description When it stops to verify.
             */
            expiresAt: string | null;
            /** @description The owner's own name for whom the key belongs to. */
            externalId: string | null;
            /** @description The id of the key. */
            id: components["schemas"]["ApiKeyId"];
            /** @description The networks it may be used from; empty means anywhere. */
            ipAllowList: string[];
            /** @description The last four characters of the secret key. */
            last4: string;
            /**
             * Format: date-time
             * @description When it last verified; at most a minute old under load.
             */
            lastUsedAt: string | null;
            /** @description Free data of the owner. */
            metadata: Record<string, never>;
            /** @description The name it was given. */
            name: string;
            /**
             * Format: date-time
             * @description When it starts to verify.
             */
            notBefore: string | null;
            /** @description The organization it belongs to. */
            organizationId: components["schemas"]["OrganizationId"];
            /**
             * @description The preset that the permissions amount to.
             * @enum {string|null}
             */
            permission: "full_access" | "sending_access" | null;
            /** @description What it may do. */
            permissions: components["schemas"]["Permission"][];
            /** @description Its own rate limits. */
            rateLimits: components["schemas"]["RateLimit"][];
            /** @description Why it was revoked. */
            revocationReason: string | null;
            /**
             * Format: date-time
             * @description When it was revoked.
             */
            revokedAt: string | null;
            /** @description The key it replaced. */
            rotatedFrom: components["schemas"]["ApiKeyId"] | null;
            /** @description The key that replaced it. */
            rotatedTo: components["schemas"]["ApiKeyId"] | null;
            /** @description The session it is a credential of. */
            sessionId: components["schemas"]["SessionId"];
            /** @description The first 8 random characters of the id, for people. */
            shortId: string;
            /** @description Prefix and first four random characters of the secret key. */
            start: string;
            /**
             * @description Where it stands in its life.
             * @enum {string}
             */
            status: "active" | "pending" | "disabled" | "expired" | "revoked";
            /**
             * Format: date-time
             * @description When the record last changed.
             */
            updatedAt: string;
        };
        /**
         * @description Changes to a domain.
         * @example {
         *       "onLoss": "refuse"
         *     }
         */
        ChangeDomain: {
            /** @description Whether keys may be bound to its subdomains as well; false by default. */
            includeSubdomains?: boolean;
            /**
             * @description What its loss does to keys that are bound to it: `warn`, the default, or `refuse`.
             * @enum {string}
             */
            onLoss?: "warn" | "refuse";
        };
        /** @description An organization after a change, with the moment from which nobody acts on the state before. */
        ChangedOrganization: {
            /** @description Whom alerts are mailed to. */
            alertEmails: string[];
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /** @description Its production default session. */
            defaultSessionId: components["schemas"]["SessionId"];
            /**
             * Format: date-time
             * @description When it was deleted.
             */
            deletedAt: string | null;
            /**
             * Format: date-time
             * @description From when on the change is in force everywhere.
             */
            effectiveAt: string;
            /**
             * Format: date-time
             * @description When everything about a deleted organization is forgotten; until then it can be exported.
             */
            erasedAt: string | null;
            /** @description The id of the organization. */
            id: components["schemas"]["OrganizationId"];
            /** @description What exceeds the plan that was chosen, and stays; null if nothing does. */
            keysOverQuota: components["schemas"]["KeysOverQuota"] | null;
            /** @description How many people belong to it. */
            membersCount: number;
            /** @description The name it was given. */
            name: string;
            /** @description Its plan. */
            plan: components["schemas"]["Plan"];
            /**
             * @description Whether its keys are let through: `active`, `suspended` or `deleted`.
             * @enum {string}
             */
            status: "active" | "suspended" | "deleted";
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        /** @description A session after a change, with the moment from which nobody acts on the state before. */
        ChangedSession: {
            /** @description How long a decision on its keys may be relied on. */
            consistency: components["schemas"]["Consistency"];
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description From when on the change is in force everywhere.
             */
            effectiveAt: string;
            /**
             * @description The environment of its keys; null gives plain `sk_` keys.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /** @description The id of the session. */
            id: components["schemas"]["SessionId"];
            /** @description Whether it is the default session of its environment. */
            isDefault: boolean;
            /**
             * @description What happens to a key that was found where it should not be: `notify`, `disable` or `revoke`.
             * @enum {string}
             */
            leakPolicy: "notify" | "disable" | "revoke";
            /** @description The name it was given. */
            name: string;
            /** @description The organization it belongs to. */
            organizationId: components["schemas"]["OrganizationId"];
            /** @description How often its keys may be verified, all together. */
            rateLimits: components["schemas"]["RateLimit"][];
            /**
             * @description Where its object was placed, if anybody chose.
             * @enum {string|null}
             */
            region: "wnam" | "enam" | "sam" | "weur" | "eeur" | "apac" | "oc" | "afr" | "me" | null;
            /**
             * @description Whether its keys are let through: `connected`, `disconnected` or `deleted`.
             * @enum {string}
             */
            status: "connected" | "disconnected" | "deleted";
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        /**
         * @description Changes to a route.
         * @example {
         *       "active": false
         *     }
         */
        ChangeGatewayRoute: {
            /** @description Whether it is in use; true by default. */
            active?: boolean;
            /**
             * @description Who may decide, at most; `edge` by default.
             * @enum {string}
             */
            consistency?: "strict" | "leased" | "edge";
            /** @description What a request costs of limits and credits; 1 by default. */
            cost?: number;
            /** @description What people call it, on one line. */
            description?: string | null;
            /**
             * @description The environment a key must belong to; any by default.
             * @enum {string|null}
             */
            environment?: "development" | "staging" | "production" | null;
            /**
             * Format: uri
             * @description Where they lead: https, a public DNS name, port 443, without a query.
             */
            origin?: string;
            /** @description Which paths it is for: this one, and all below it; the longest route wins. */
            path?: string;
            /** @description One permission or a list; a key must have all of them. None by default. */
            permissions?: components["schemas"]["Permission"] | components["schemas"]["Permission"][];
            /** @description The session a key must belong to; any by default. */
            sessionId?: components["schemas"]["SessionId"] | null;
            /** @description Whether the origin is asked for what follows `path`, instead of for the whole path; false by default. */
            stripPath?: boolean;
            /** @description How long the origin may take until it begins to answer; 30,000 by default. */
            timeoutMs?: number;
        };
        /**
         * @description Another role.
         * @example {
         *       "role": "admin"
         *     }
         */
        ChangeMember: {
            /**
             * @description What the member may do.
             * @enum {string}
             */
            role: "viewer" | "member" | "admin" | "owner";
        };
        /**
         * @description Changes to an organization.
         * @example {
         *       "plan": {
         *         "name": "pro"
         *       }
         *     }
         */
        ChangeOrganization: {
            /** @description A name for people, on one line. */
            name?: string;
            /** @description The plan with its limits; the deployment's default if absent. */
            plan?: {
                /** @description Keys that may stand in one session, in place of the preset's number. */
                keysPerSession?: number | null;
                /**
                 * @description The preset.
                 * @enum {string}
                 */
                name: "free" | "starter" | "pro" | "enterprise";
                /** @description Requests per minute, in place of the preset's number. */
                requestsPerMinute?: number | null;
            };
        };
        /**
         * @description Changes to the organization.
         * @example {
         *       "plan": "pro"
         *     }
         */
        ChangeOwnOrganization: {
            /** @description Whom alerts are mailed to, in place of all before; for owners, on deployments that send mail. */
            alertEmails?: string[];
            /** @description A new name; for admins. */
            name?: string;
            /**
             * @description Another plan; for owners, on deployments where they choose it.
             * @enum {string}
             */
            plan?: "free" | "starter" | "pro" | "enterprise";
        };
        /** @description The password, and a new one. */
        ChangePassword: {
            /** @description The password so far. */
            currentPassword: string;
            /** @description The password from now on. */
            newPassword: string;
        };
        /**
         * @description Changes to a session.
         * @example {
         *       "status": "disconnected"
         *     }
         */
        ChangeSession: {
            /**
             * @description How long a decision on its keys may be relied on; what is left out stays, null resets.
             * @example {
             *       "mode": "leased",
             *       "staleSeconds": 0,
             *       "ttlMs": 5000
             *     }
             */
            consistency?: {
                /**
                 * @description Who may decide: `strict`, the authority alone; `leased`, also a location to which it has given a lease; `edge`, also a record in KV until its end.
                 * @enum {string|null}
                 */
                mode?: "strict" | "leased" | "edge" | null;
                /** @description How much longer a decision may be used while the authority cannot be reached. */
                staleSeconds?: number | null;
                /** @description How long a lease may last; 0 is the same as `strict`. */
                ttlMs?: number | null;
            } | null;
            /**
             * @description What happens to a key that was found elsewhere.
             * @enum {string}
             */
            leakPolicy?: "notify" | "disable" | "revoke";
            /** @description A new name. */
            name?: string;
            /** @description How often its keys may be verified, all together; null clears. */
            rateLimits?: {
                /** @description How many tokens. */
                limit: number;
                /** @description What it is called. */
                name: string;
                /** @description Within any window of so many milliseconds. */
                windowMs: number;
            }[] | null;
            /**
             * @description Whether its keys are let through.
             * @enum {string}
             */
            status?: "connected" | "disconnected";
        };
        /**
         * @description Changes to an endpoint.
         * @example {
         *       "active": true
         *     }
         */
        ChangeWebhookEndpoint: {
            /** @description Whether it is told anything; true by default. */
            active?: boolean;
            /** @description What people call it, on one line. */
            description?: string | null;
            /** @description What it is told; `*`, the default, stands for all. */
            events?: ("api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.expiring" | "api_key.expired" | "alert.opened" | "alert.resolved" | "session.created" | "session.updated" | "session.deleted" | "member.added" | "member.role_changed" | "member.removed" | "domain.verified" | "domain.lost" | "webhook.test" | "*")[];
            /**
             * Format: uri
             * @description Where it listens: https, a public DNS name, port 443.
             */
            url?: string;
        };
        /** @description One line of the trace. */
        Check: {
            /** @description The name of the check. */
            name: string;
            /**
             * @description How it went.
             * @enum {string}
             */
            outcome: "passed" | "refused" | "skipped";
        };
        /** @description The own password, once more. */
        ConfirmPassword: {
            /** @description The password of the user who is signed in. */
            password: string;
        };
        /**
         * @description A first code of the second factor.
         * @example {
         *       "totp": "123456"
         *     }
         */
        ConfirmTotp: {
            /** @description The code that the authenticator shows. */
            totp: string;
        };
        /** @description How long a decision on the keys of a session may be relied on. */
        Consistency: {
            /**
             * @description Who may decide: `strict`, `leased` or `edge`.
             * @enum {string}
             */
            mode: "strict" | "leased" | "edge";
            /** @description How much longer, in seconds, a decision may be used while the authority cannot be reached. */
            staleSeconds: number;
            /** @description How long a lease may last, in milliseconds. */
            ttlMs: number;
        };
        /** @description What was done with outcomes. */
        CountedOutcomes: {
            /** @description How many were counted. */
            accepted: number;
            /** @description How many had been counted before. */
            duplicates: number;
            /** @description Those that were not counted, and why. */
            rejected: components["schemas"]["RejectedOutcome"][];
        };
        /**
         * @description What became of verified requests.
         * @example {
         *       "outcomes": [
         *         {
         *           "id": "req-1",
         *           "keyId": "KEY_ID",
         *           "latencyMs": 42,
         *           "status": 200
         *         }
         *       ]
         *     }
         */
        CountOutcomes: {
            /** @description What became of requests. */
            outcomes: ({
                /** @description With `keyId`: your own id of the request, by which it is counted once. */
                id?: string | null;
                /** @description The id of the key, where there is no `verificationId`. */
                keyId?: components["schemas"]["ApiKeyId"] | null;
                /** @description How long that took, in milliseconds. */
                latencyMs: number;
                /** @description The status of HTTP that it was answered with. */
                status: number;
                /**
                 * Format: date-time
                 * @description When it happened; else when it was verified, or now.
                 */
                time?: string | null;
                /** @description The `verificationId` that the verification answered. */
                verificationId?: components["schemas"]["VerificationId"] | null;
            } & ({
                id?: null;
                keyId?: null;
                verificationId: string;
            } | {
                keyId: string;
                verificationId?: null;
            }))[];
        };
        /**
         * @description A new API key.
         * @example {
         *       "name": "CI pipeline"
         *     }
         */
        CreateApiKey: {
            /** @description How often it may be used in all; null if nobody counts. */
            credits?: {
                /** @description When they are filled up. */
                refill?: {
                    /** @description Up to how many credits; more than that stay. */
                    amount: number;
                    /** @description Of the week, 1 for Monday; of the month, or its last; 1 by default. Not for `daily`. */
                    day?: number | null;
                    /**
                     * @description How often, at 00:00 UTC.
                     * @enum {string}
                     */
                    interval: "daily" | "weekly" | "monthly";
                } | null;
                /** @description How many credits it begins with. */
                remaining: number;
            } | null;
            /** @description The one domain the key may act for, in ASCII or any script. */
            domain?: string | null;
            /**
             * @description The environment of the session; one that contradicts `sessionId` is refused.
             * @enum {string|null}
             */
            environment?: "development" | "staging" | "production" | null;
            /**
             * Format: date-time
             * @description When the key stops to verify; in the future, and after `notBefore`.
             */
            expiresAt?: string | null;
            /** @description Your own id for whom the key belongs to. */
            externalId?: string | null;
            /** @description Addresses and networks (CIDR) the key may be used from; empty means anywhere. */
            ipAllowList?: string[] | null;
            /** @description Free data, answered by every verification: at most 4 KiB as JSON, 64 keys in all, 8 levels. */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description A name for people, on one line. */
            name: string;
            /**
             * Format: date-time
             * @description When the key starts to verify.
             */
            notBefore?: string | null;
            /**
             * @description A preset of permissions; not together with `permissions`. New keys get `full_access` by default.
             * @enum {string|null}
             */
            permission?: "full_access" | "sending_access" | null;
            /** @description What the key may do. */
            permissions?: components["schemas"]["Permission"][] | null;
            /** @description How often the key may be verified, at most; each limit under a name of its own. */
            rateLimits?: {
                /** @description How many tokens. */
                limit: number;
                /** @description What it is called. */
                name: string;
                /** @description Within any window of so many milliseconds. */
                windowMs: number;
            }[] | null;
            /** @description The session it belongs to; else the default session of `environment`, else the caller's own. */
            sessionId?: components["schemas"]["SessionId"] | null;
        };
        /**
         * @description A new domain.
         * @example {
         *       "domain": "example.com"
         *     }
         */
        CreateDomain: {
            /** @description The domain, in any script. */
            domain: string;
            /** @description Whether keys may be bound to its subdomains as well; false by default. */
            includeSubdomains?: boolean | null;
            /**
             * @description What its loss does to keys that are bound to it: `warn`, the default, or `refuse`.
             * @enum {string|null}
             */
            onLoss?: "warn" | "refuse" | null;
        };
        /**
         * @description A new route of the gateway.
         * @example {
         *       "origin": "https://orders.example.com",
         *       "path": "/orders",
         *       "permissions": [
         *         "orders:read"
         *       ]
         *     }
         */
        CreateGatewayRoute: {
            /** @description Whether it is in use; true by default. */
            active?: boolean | null;
            /**
             * @description Who may decide, at most; `edge` by default.
             * @enum {string|null}
             */
            consistency?: "strict" | "leased" | "edge" | null;
            /** @description What a request costs of limits and credits; 1 by default. */
            cost?: number | null;
            /** @description What people call it, on one line. */
            description?: string | null;
            /**
             * @description The environment a key must belong to; any by default.
             * @enum {string|null}
             */
            environment?: "development" | "staging" | "production" | null;
            /**
             * Format: uri
             * @description Where they lead: https, a public DNS name, port 443, without a query.
             */
            origin: string;
            /** @description Which paths it is for: this one, and all below it; the longest route wins. */
            path: string;
            /** @description One permission or a list; a key must have all of them. None by default. */
            permissions?: (components["schemas"]["Permission"] | components["schemas"]["Permission"][]) | null;
            /** @description The session a key must belong to; any by default. */
            sessionId?: components["schemas"]["SessionId"] | null;
            /** @description Whether the origin is asked for what follows `path`, instead of for the whole path; false by default. */
            stripPath?: boolean | null;
            /** @description How long the origin may take until it begins to answer; 30,000 by default. */
            timeoutMs?: number | null;
        };
        /**
         * @description A new invitation.
         * @example {
         *       "role": "member"
         *     }
         */
        CreateInvitation: {
            /**
             * Format: idn-email
             * @description The only address that may accept, and where the link is sent if there is a hook; absent: whoever has the link.
             */
            email?: string | null;
            /**
             * @description What whoever accepts may do.
             * @enum {string}
             */
            role: "viewer" | "member" | "admin" | "owner";
        };
        /**
         * @description A new organization.
         * @example {
         *       "name": "Acme"
         *     }
         */
        CreateOrganization: {
            /** @description A name for people, on one line. */
            name: string;
            /** @description The plan with its limits; the deployment's default if absent. */
            plan?: {
                /** @description Keys that may stand in one session, in place of the preset's number. */
                keysPerSession?: number | null;
                /**
                 * @description The preset.
                 * @enum {string}
                 */
                name: "free" | "starter" | "pro" | "enterprise";
                /** @description Requests per minute, in place of the preset's number. */
                requestsPerMinute?: number | null;
            } | null;
        };
        /**
         * @description A new organization.
         * @example {
         *       "name": "Acme"
         *     }
         */
        CreateOwnOrganization: {
            /** @description A name for people, on one line. */
            name: string;
        };
        /**
         * @description A new session.
         * @example {
         *       "environment": "production",
         *       "name": "Shop"
         *     }
         */
        CreateSession: {
            /**
             * @description How long a decision on its keys may be relied on; null for what holds without a choice.
             * @example {
             *       "mode": "leased",
             *       "staleSeconds": 0,
             *       "ttlMs": 5000
             *     }
             */
            consistency?: {
                /**
                 * @description Who may decide: `strict`, the authority alone; `leased`, also a location to which it has given a lease; `edge`, also a record in KV until its end.
                 * @enum {string|null}
                 */
                mode?: "strict" | "leased" | "edge" | null;
                /** @description How much longer a decision may be used while the authority cannot be reached. */
                staleSeconds?: number | null;
                /** @description How long a lease may last; 0 is the same as `strict`. */
                ttlMs?: number | null;
            } | null;
            /**
             * @description The environment of its keys; null gives plain `sk_` keys.
             * @enum {string|null}
             */
            environment?: "development" | "staging" | "production" | null;
            /**
             * @description What happens to a key that was found elsewhere; null is `notify`.
             * @enum {string|null}
             */
            leakPolicy?: "notify" | "disable" | "revoke" | null;
            /** @description A name for people, on one line. */
            name: string;
            /** @description How often its keys may be verified, all together. */
            rateLimits?: {
                /** @description How many tokens. */
                limit: number;
                /** @description What it is called. */
                name: string;
                /** @description Within any window of so many milliseconds. */
                windowMs: number;
            }[] | null;
            /**
             * @description Where to place its object, by Cloudflare's location hints.
             * @enum {string|null}
             */
            region?: "wnam" | "enam" | "sam" | "weur" | "eeur" | "apac" | "oc" | "afr" | "me" | null;
        };
        /**
         * @description A new API key of a session.
         * @example {
         *       "expiresAt": "2030-01-01T00:00:00Z"
         *     }
         */
        CreateSessionApiKey: {
            /** @description How often it may be used in all; null if nobody counts. */
            credits?: {
                /** @description When they are filled up. */
                refill?: {
                    /** @description Up to how many credits; more than that stay. */
                    amount: number;
                    /** @description Of the week, 1 for Monday; of the month, or its last; 1 by default. Not for `daily`. */
                    day?: number | null;
                    /**
                     * @description How often, at 00:00 UTC.
                     * @enum {string}
                     */
                    interval: "daily" | "weekly" | "monthly";
                } | null;
                /** @description How many credits it begins with. */
                remaining: number;
            } | null;
            /** @description The one domain the key may act for, in ASCII or any script. */
            domain?: string | null;
            /**
             * Format: date-time
             * @description When the key stops to verify; in the future, and after `notBefore`.
             */
            expiresAt?: string | null;
            /** @description Your own id for whom the key belongs to. */
            externalId?: string | null;
            /** @description Addresses and networks (CIDR) the key may be used from; empty means anywhere. */
            ipAllowList?: string[] | null;
            /** @description Free data, answered by every verification: at most 4 KiB as JSON, 64 keys in all, 8 levels. */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description A name for people; one is made up if it is absent. */
            name?: string | null;
            /**
             * Format: date-time
             * @description When the key starts to verify.
             */
            notBefore?: string | null;
            /**
             * @description A preset of permissions; not together with `permissions`. New keys get `full_access` by default.
             * @enum {string|null}
             */
            permission?: "full_access" | "sending_access" | null;
            /** @description What the key may do. */
            permissions?: components["schemas"]["Permission"][] | null;
            /** @description How often the key may be verified, at most; each limit under a name of its own. */
            rateLimits?: {
                /** @description How many tokens. */
                limit: number;
                /** @description What it is called. */
                name: string;
                /** @description Within any window of so many milliseconds. */
                windowMs: number;
            }[] | null;
        };
        /**
         * @description A new endpoint.
         * @example {
         *       "events": [
         *         "api_key.created"
         *       ],
         *       "url": "https://hooks.example.com/latchkey"
         *     }
         */
        CreateWebhookEndpoint: {
            /** @description Whether it is told anything; true by default. */
            active?: boolean | null;
            /** @description What people call it, on one line. */
            description?: string | null;
            /** @description What it is told; `*`, the default, stands for all. */
            events?: ("api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.expiring" | "api_key.expired" | "alert.opened" | "alert.resolved" | "session.created" | "session.updated" | "session.deleted" | "member.added" | "member.role_changed" | "member.removed" | "domain.verified" | "domain.lost" | "webhook.test" | "*")[] | null;
            /**
             * Format: uri
             * @description Where it listens: https, a public DNS name, port 443.
             */
            url: string;
        };
        /** @description How often a key may still be used. */
        Credits: {
            /** @description When they are filled up; null if never. */
            refill: components["schemas"]["Refill"] | null;
            /** @description How many credits are left. */
            remaining: number;
        };
        /** @description A domain of an organization. */
        Domain: {
            /**
             * Format: date-time
             * @description When it was named.
             */
            createdAt: string;
            /** @description Who named it. */
            createdBy: components["schemas"]["Actor"];
            /** @description The domain, in lower-case ASCII. */
            domain: string;
            /** @description The id of the domain. */
            id: components["schemas"]["DomainId"];
            /** @description Whether keys may be bound to its subdomains as well. */
            includeSubdomains: boolean;
            /**
             * Format: date-time
             * @description When the record was looked for last.
             */
            lastCheckedAt: string | null;
            /**
             * @description What came of it: `found`, `missing`, or `unknown` where the DNS could not be asked.
             * @enum {string|null}
             */
            lastResult: "found" | "missing" | "unknown" | null;
            /**
             * Format: date-time
             * @description When it was lost; null if it is not.
             */
            lostAt: string | null;
            /**
             * Format: date-time
             * @description Since when the record is missing; null while it is there.
             */
            missingSince: string | null;
            /**
             * Format: date-time
             * @description When it is looked for next without being asked; null before it was ever found.
             */
            nextCheckAt: string | null;
            /**
             * @description What its loss does to keys that are bound to it.
             * @enum {string}
             */
            onLoss: "warn" | "refuse";
            /** @description What has to stand in the DNS. */
            record: components["schemas"]["DomainRecord"];
            /**
             * @description Whether it is `pending`, `verified` or `lost`.
             * @enum {string}
             */
            status: "pending" | "verified" | "lost";
            /**
             * Format: date-time
             * @description When its settings or its status last changed.
             */
            updatedAt: string;
            /**
             * Format: date-time
             * @description When it was verified last.
             */
            verifiedAt: string | null;
        };
        DomainId: string;
        /** @description A record of the DNS that proves a domain. */
        DomainRecord: {
            /** @description Under which name it has to stand. */
            name: string;
            /**
             * @description Its type, `TXT`.
             * @constant
             */
            type: "TXT";
            /** @description What it has to say. */
            value: string;
        };
        /** @description What went wrong. Switch on `code`; `message` is for people and may change. */
        Error: {
            /** @enum {string} */
            code: "invalid_request" | "invalid_json" | "auth_conflicting_credentials" | "auth_malformed_header" | "link_invalid" | "totp_wrong" | "auth_missing_credentials" | "auth_invalid_key" | "auth_key_revoked" | "auth_key_disabled" | "auth_key_expired" | "auth_key_not_yet_valid" | "auth_organization_suspended" | "auth_session_disconnected" | "auth_too_many_failures" | "sign_in_failed" | "second_factor_required" | "forbidden_ip" | "wrong_session" | "wrong_environment" | "insufficient_permissions" | "domain_not_allowed" | "outside_reach" | "exceeds_own_permissions" | "csrf_refused" | "insufficient_role" | "plan_changes_by_operator" | "registration_closed" | "wrong_password" | "invitation_for_another" | "not_found" | "api_key_not_found" | "session_not_found" | "organization_not_found" | "user_not_found" | "member_not_found" | "invitation_not_found" | "alert_not_found" | "alert_rule_not_found" | "sign_in_not_found" | "webhook_endpoint_not_found" | "webhook_delivery_not_found" | "gateway_route_not_found" | "domain_not_found" | "method_not_allowed" | "api_key_revoked" | "api_key_not_active" | "api_key_rotated" | "overlap_open" | "leak_signature_invalid" | "confirmation_needed" | "key_limit_reached" | "default_session" | "session_deleted" | "organization_deleted" | "organization_limit_reached" | "last_owner" | "already_member" | "member_elsewhere" | "invitation_ended" | "own_account" | "organization_suspended" | "too_many_members" | "too_many_invitations" | "too_many_webhook_endpoints" | "webhook_endpoint_disabled" | "gateway_path_taken" | "too_many_gateway_routes" | "domain_exists" | "too_many_domains" | "domain_not_verified" | "setup_done" | "email_taken" | "link_hook_missing" | "totp_enabled" | "totp_not_enabled" | "key_already_issued" | "idempotency_in_flight" | "idempotency_mismatch" | "payload_too_large" | "uri_too_long" | "unsupported_media_type" | "rate_limited" | "usage_exceeded" | "internal_error" | "storage_full" | "verification_unavailable" | "sign_in_busy" | "service_unavailable" | "resolver_unavailable" | "origin_forbidden" | "origin_unreachable" | "origin_timeout" | "gateway_loop" | "not_configured";
            details: components["schemas"]["ErrorDetails"];
            message: string;
        };
        ErrorDetails: {
            /** @description How many keys the filter finds. */
            count?: number;
            errors?: ({
                /** @enum {string} */
                code: "required" | "invalid_type" | "out_of_range" | "too_long" | "too_short" | "too_many" | "invalid_format" | "unknown_field" | "duplicate_field" | "conflict" | "in_the_past" | "too_common";
                message: string;
                parameter?: string;
                pointer?: string;
            } & (unknown | unknown))[];
            /** @enum {string} */
            level?: "key" | "session" | "organization";
            /** @description How many keys the plan allows (`key_limit_reached`); or which limit has refused (`rate_limited`, `usage_exceeded`), as the header `RateLimit` calls it. */
            limit?: number | string;
            /** @description What it is called; `credits` for credits. */
            name?: string;
            /** @description How many tokens it has. */
            quota?: number;
            /** @description How many tokens or credits there are. */
            remaining?: number;
            requestId: string;
            /** @description In how many milliseconds the same request can pass; null if waiting never helps. */
            retryAfterMs?: number | null;
            /** @description Within which time, in milliseconds. */
            windowMs?: number;
        };
        /** @description Who uses an API key since it was replaced, and whether it can be deleted. */
        Evidence: {
            /** @description Who has presented it, the latest first, as far as single verifications are known: ten at most. */
            clients: components["schemas"]["EvidenceClient"][];
            /**
             * Format: date-time
             * @description Since when uses are counted here: since it was replaced, else since it was issued.
             */
            countedSince: string;
            /**
             * Format: date-time
             * @description When it ends by itself, as the old half of a rotation does; null if it does not.
             */
            expiresAt: string | null;
            /** @description The key. */
            keyId: components["schemas"]["ApiKeyId"];
            /** @description The last time that it was, as far as single verifications are known; null otherwise. */
            lastRefused: components["schemas"]["LastUsed"] | null;
            /** @description The last time that it was let through, ever; null if never. */
            lastUsed: components["schemas"]["LastUsed"] | null;
            /**
             * @description Why: `ended`, `unused_since_rotation`, `quiet`, `idle`; or why not: `too_early`, `in_use`.
             * @enum {string}
             */
            reason: "ended" | "unused_since_rotation" | "quiet" | "idle" | "too_early" | "in_use";
            /** @description How often it was refused because it had expired or was revoked. */
            refusedUses: number;
            /**
             * Format: date-time
             * @description When it was revoked; null if it was not.
             */
            revokedAt: string | null;
            /** @description The key that replaces it; null if none does. */
            rotatedTo: components["schemas"]["ApiKeyId"] | null;
            /** @description Whether deleting it would hurt nobody, as far as can be known. */
            safeToDelete: boolean;
            /** @description How often it was let through. */
            uses: number;
        };
        /** @description Somebody who has presented an API key. */
        EvidenceClient: {
            /** @description What the client calls itself, shortened. */
            client: string | null;
            /** @description The country, ISO 3166-1 alpha-2. */
            country: string | null;
            /**
             * Format: date-time
             * @description When last.
             */
            lastSeenAt: string;
            /** @description How many of the verifications that are known one by one. */
            seen: number;
        };
        /** @description Everything about an organization. Every list but that of rules is newest first; no secret is in it. */
        Export: {
            alertRules: components["schemas"]["AlertRule"][];
            alerts: components["schemas"]["Alert"][];
            apiKeys: components["schemas"]["ApiKey"][];
            auditLog: components["schemas"]["AuditEntry"][];
            domains: components["schemas"]["Domain"][];
            gatewayRoutes: components["schemas"]["GatewayRoute"][];
            invitations: components["schemas"]["Invitation"][];
            members: components["schemas"]["Member"][];
            organization: components["schemas"]["Organization"];
            sessions: components["schemas"]["Session"][];
            webhookEndpoints: components["schemas"]["WebhookEndpoint"][];
        };
        /**
         * @description Who cannot sign in.
         * @example {
         *       "email": "ada@example.com"
         *     }
         */
        ForgetPassword: {
            /**
             * Format: idn-email
             * @description Where the link shall be sent, if it is anybody's.
             */
            email: string;
        };
        /** @description Nothing to tell: the answer is the same for every address. */
        Forgotten: Record<string, never>;
        /** @description A new organization with its first key. */
        Founded: {
            /** @description Its "Default API Key", with the plaintext shown this once. */
            apiKey: components["schemas"]["IssuedKey"];
            /** @description The organization. */
            organization: components["schemas"]["Organization"];
        };
        /** @description How fresh a decision is. */
        Freshness: {
            /**
             * Format: date-time
             * @description When it was decided, or a little earlier.
             */
            asOf: string;
            /** @description For how long (ms) from this answer on the decision may be relied on; 0 means for this request only. */
            maxStalenessMs: number;
            /**
             * @description Who decided: `strict` is the authority itself, for this request; the others are its word that lasts for a while.
             * @enum {string}
             */
            mode: "strict" | "leased" | "edge" | "stale";
        };
        /** @description A route of the gateway. */
        GatewayRoute: {
            /** @description Whether it is in use. */
            active: boolean;
            /**
             * @description Who may decide.
             * @enum {string}
             */
            consistency: "strict" | "leased" | "edge";
            /** @description What a request costs of limits and credits. */
            cost: number;
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /** @description Who created it. */
            createdBy: components["schemas"]["Actor"];
            /** @description What people call it. */
            description: string | null;
            /**
             * @description The environment that a key must belong to; null for any.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /** @description The id of the route. */
            id: components["schemas"]["GatewayRouteId"];
            /**
             * Format: uri
             * @description Where they lead.
             */
            origin: string;
            /** @description Which paths it is for: this one, and all below it. */
            path: string;
            /** @description The permissions that a key needs, all of them. */
            permissions: components["schemas"]["Permission"][];
            /**
             * Format: date-time
             * @description Until when the secret before the newest signs as well; null if there is only one.
             */
            previousSecretUntil: string | null;
            /** @description The session that a key must belong to; null for any. */
            sessionId: components["schemas"]["SessionId"] | null;
            /** @description Whether the origin is asked for what follows `path`, instead of for the whole path. */
            stripPath: boolean;
            /** @description How long (ms) the origin may take until it begins to answer. */
            timeoutMs: number;
            /**
             * Format: date-time
             * @description When its settings last changed.
             */
            updatedAt: string;
        };
        GatewayRouteId: string;
        /**
         * @description What GitHub has found; signed in `Github-Public-Key-Identifier` and `Github-Public-Key-Signature`.
         * @example [
         *       {
         *         "token": "some_token",
         *         "type": "some_type",
         *         "url": "some_url"
         *       }
         *     ]
         */
        GithubLeaks: ({
            /** @description What was found. */
            token: string;
            /** @description The name of the pattern. */
            type?: string;
            /** @description Where it was found. */
            url?: string;
        } & {
            [key: string]: unknown;
        })[];
        /** @description How a session is doing. */
        Health: {
            /** @description Whether its keys are let through. */
            connected: boolean;
            /**
             * @description How it is doing, in one word.
             * @enum {string}
             */
            health: "healthy" | "idle" | "degraded" | "failing" | "disconnected";
            /** @description The id of the session. */
            id: components["schemas"]["SessionId"];
            /** @description The number of its keys by status. */
            keys: {
                active: number;
                disabled: number;
                expired: number;
                pending: number;
                revoked: number;
            };
            /**
             * Format: date-time
             * @description When anything was last counted: the last use, or the minute of a later refusal or outcome.
             */
            lastRequestAt: string | null;
            /**
             * Format: date-time
             * @description When any of its keys was last used.
             */
            lastUsedAt: string | null;
            /** @description How much is left, per cent, of the tightest of its own rate limits and, for callers that reach the organization, of the pools of its plan; null without any. */
            limitHeadroom: number | null;
            /** @description How many alerts about it and its keys are open, counted up to 100; null if the organization cannot be asked. */
            openAlerts: number | null;
            /** @description Why it is not `healthy`. */
            reasons: ("session_disconnected" | "no_requests" | "refusals" | "server_errors" | "near_limit")[];
            /** @description What happened within the last five minutes. */
            recent: components["schemas"]["Recent"];
            /**
             * @description Its status.
             * @enum {string}
             */
            status: "connected" | "disconnected" | "deleted";
        };
        /** @description That the service is there. */
        Healthz: {
            /**
             * @description Always `ok`.
             * @constant
             */
            status: "ok";
            /** @description The version of the service. */
            version: string;
        };
        /** @description An invitation. The link's token is not in it. */
        Invitation: {
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            acceptedAt: string | null;
            /** @description Who has accepted it. */
            acceptedBy: components["schemas"]["UserId"] | null;
            /**
             * Format: date-time
             * @description When.
             */
            createdAt: string;
            /**
             * Format: idn-email
             * @description The only address that may accept it; null means whoever has the link.
             */
            email: string | null;
            /**
             * Format: date-time
             * @description Until when it can be accepted.
             */
            expiresAt: string;
            /** @description The id of the invitation. */
            id: components["schemas"]["InvitationId"];
            /** @description Who invited. */
            invitedBy: components["schemas"]["Actor"];
            /**
             * Format: date-time
             * @description When it was taken back.
             */
            revokedAt: string | null;
            /**
             * @description The role it gives.
             * @enum {string}
             */
            role: "viewer" | "member" | "admin" | "owner";
            /**
             * @description Where it stands: `pending`, `accepted`, `revoked` or `expired`.
             * @enum {string}
             */
            status: "pending" | "accepted" | "revoked" | "expired";
        };
        InvitationId: string;
        /** @description Somebody was invited by address. */
        InvitationMessage: {
            data: {
                /** Format: idn-email */
                email: string;
                /** Format: date-time */
                expiresAt: string;
                organization: string;
                /** @enum {string} */
                role: "viewer" | "member" | "admin" | "owner";
                token: string;
                /** @description The page of the dashboard; null where there is none. */
                url: string | null;
            };
            /** Format: date-time */
            timestamp: string;
            /** @constant */
            type: "invitation";
        };
        /** @description A new invitation with its one-time link. */
        Invited: {
            /** @description The invitation. */
            invitation: components["schemas"]["Invitation"];
            /** @description What has to be sent in to accept it, shown this once. */
            token: string;
            /**
             * Format: uri
             * @description The page of the dashboard that sends it in; null where the deployment has none.
             */
            url: string | null;
        };
        /** @description A key with its plaintext, in the one answer that has it. */
        IssuedKey: {
            /** @description Whether it verifies now. */
            active: boolean;
            /**
             * Format: date-time
             * @description When it was issued.
             */
            createdAt: string;
            /** @description Who issued it. */
            createdBy: components["schemas"]["Actor"];
            /** @description How often it may still be used; null if nobody counts. */
            credits: components["schemas"]["Credits"] | null;
            /** @description The one domain it may act for. */
            domain: string | null;
            /** @description Whether that is a verified domain of the organization; null if the key is bound to none. */
            domainVerified: boolean | null;
            /**
             * @description The environment of that session.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /**
             * Format: date-time
             * @description When it stops to verify.
             */
            expiresAt: string | null;
            /** @description The owner's own name for whom the key belongs to. */
            externalId: string | null;
            /** @description The id of the key. */
            id: components["schemas"]["ApiKeyId"];
            /** @description The networks it may be used from; empty means anywhere. */
            ipAllowList: string[];
            /** @description The secret key. It is shown this once and cannot be recovered. */
            key: string;
            /** @description The last four characters of the secret key. */
            last4: string;
            /**
             * Format: date-time
             * @description When it last verified; at most a minute old under load.
             */
            lastUsedAt: string | null;
            /** @description Free data of the owner. */
            metadata: Record<string, never>;
            /** @description The name it was given. */
            name: string;
            /**
             * Format: date-time
             * @description When it starts to verify.
             */
            notBefore: string | null;
            /** @description The organization it belongs to. */
            organizationId: components["schemas"]["OrganizationId"];
            /**
             * @description The preset that the permissions amount to.
             * @enum {string|null}
             */
            permission: "full_access" | "sending_access" | null;
            /** @description What it may do. */
            permissions: components["schemas"]["Permission"][];
            /** @description Its own rate limits. */
            rateLimits: components["schemas"]["RateLimit"][];
            /** @description Why it was revoked. */
            revocationReason: string | null;
            /**
             * Format: date-time
             * @description When it was revoked.
             */
            revokedAt: string | null;
            /** @description The key it replaced. */
            rotatedFrom: components["schemas"]["ApiKeyId"] | null;
            /** @description The key that replaced it. */
            rotatedTo: components["schemas"]["ApiKeyId"] | null;
            /** @description The session it is a credential of. */
            sessionId: components["schemas"]["SessionId"];
            /** @description The first 8 random characters of the id, for people. */
            shortId: string;
            /** @description Prefix and first four random characters of the secret key. */
            start: string;
            /**
             * @description Where it stands in its life.
             * @enum {string}
             */
            status: "active" | "pending" | "disabled" | "expired" | "revoked";
            /**
             * Format: date-time
             * @description When the record last changed.
             */
            updatedAt: string;
        };
        /** @description What exceeds a plan that has just been chosen, and stays. */
        KeysOverQuota: {
            /** @description Keys in them beyond what it allows. */
            keys: number;
            /** @description Sessions that have more keys than the plan allows. */
            sessions: number;
        };
        /** @description The last time that a key was let through. */
        LastUsed: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description What the client calls itself, shortened. */
            client: string | null;
            /** @description The platform's location, by the code of an airport. */
            colo: string | null;
            /** @description The country, ISO 3166-1 alpha-2. */
            country: string | null;
        };
        /** @description How long requests took, in milliseconds. Percentiles are at most 2 % off, the average is exact. */
        Latency: {
            /** @description The average. */
            average: number;
            /** @description What half of them did not exceed. */
            p50: number;
            /** @description What 95 % did not exceed. */
            p95: number;
            /** @description What 99 % did not exceed. */
            p99: number;
        };
        /** @description That a report was taken. It is the same whatever was reported. */
        LeakReported: {
            /** @description Always true. */
            reported: boolean;
        };
        /** @description What a verification has left of a key's credits. */
        LeftCredits: {
            /** @description How many credits are left. */
            remaining: number;
        };
        /** @description The limit that has refused. */
        LimitedBy: {
            /**
             * @description Whose limit: the key's, its session's or the organization's.
             * @enum {string}
             */
            level: "key" | "session" | "organization";
            /** @description What it is called. */
            name: string;
        };
        /** @description A one-time link, for whoever asked for it. */
        Link: {
            /**
             * Format: date-time
             * @description Until when it can be used.
             */
            expiresAt: string;
            /** @description What has to be sent in, shown this once. */
            token: string;
            /**
             * Format: uri
             * @description The page of the dashboard that sends it in; null where the deployment has none.
             */
            url: string | null;
        };
        /** @description Who signs in. */
        Login: {
            /**
             * @description Whether the access token shall go into the cookie; only for pages of this origin.
             * @default false
             */
            cookie?: boolean | null;
            /** @description The address the user registered with, in any case of letters. */
            email: string;
            /** @description The password. */
            password: string;
            /** @description A recovery code in its place; each is good once. */
            recoveryCode?: string | null;
            /** @description A code of the authenticator, if a second factor is set up. */
            totp?: string | null;
        };
        /** @description A member of an organization. */
        Member: {
            /**
             * Format: idn-email
             * @description The address the user signs in with.
             */
            email: string;
            /** @description The first name. */
            firstName: string;
            /**
             * Format: date-time
             * @description Since when the user belongs to the organization.
             */
            joinedAt: string;
            /** @description The last name. */
            lastName: string;
            /**
             * @description What the user may do: `owner`, `admin`, `member` or `viewer`.
             * @enum {string}
             */
            role: "viewer" | "member" | "admin" | "owner";
            /**
             * Format: date-time
             * @description When the role last changed.
             */
            updatedAt: string;
            /** @description The id of the user. */
            userId: components["schemas"]["UserId"];
        };
        /** @description An organization the user belongs to. */
        Membership: {
            /** @description The id of the organization. */
            id: components["schemas"]["OrganizationId"];
            /**
             * Format: date-time
             * @description Since when the user belongs to it.
             */
            joinedAt: string;
            /** @description What it is called. */
            name: string;
            /**
             * @description What the user may do there: `owner`, `admin`, `member` or `viewer`.
             * @enum {string}
             */
            role: "viewer" | "member" | "admin" | "owner";
            /**
             * @description Whether it is `active`, `suspended` or `deleted`.
             * @enum {string}
             */
            status: "active" | "suspended" | "deleted";
        };
        /** @description A limit as a verification met it. */
        MetLimit: {
            /**
             * @description Whose limit: the key's, its session's or the organization's.
             * @enum {string}
             */
            level: "key" | "session" | "organization";
            /** @description How many tokens. */
            limit: number;
            /** @description What it is called. */
            name: string;
            /** @description How many tokens are left. */
            remaining: number;
            /** @description In how many milliseconds more than that may be spent; null while nothing is. */
            resetMs: number | null;
            /** @description In how many milliseconds the same request can pass this limit; null unless it refuses, and if waiting never helps. */
            retryAfterMs: number | null;
            /** @description Within which time, in milliseconds. */
            windowMs: number;
        };
        /** @description Figures of one object, to be looked at every minute or so. */
        Metrics: {
            /** @description How many rows of each kind it has. */
            counts: Record<string, never>;
            /** @description How many bytes the database of the object has. The platform allows 10 GB. */
            databaseBytes: number;
            /** @description What the object still has to tell others. */
            outbox: components["schemas"]["Outbox"];
            /** @description The version of the service. */
            version: string;
        };
        /** @description An organization. */
        Organization: {
            /** @description Whom alerts are mailed to. */
            alertEmails: string[];
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /** @description Its production default session. */
            defaultSessionId: components["schemas"]["SessionId"];
            /**
             * Format: date-time
             * @description When it was deleted.
             */
            deletedAt: string | null;
            /**
             * Format: date-time
             * @description When everything about a deleted organization is forgotten; until then it can be exported.
             */
            erasedAt: string | null;
            /** @description The id of the organization. */
            id: components["schemas"]["OrganizationId"];
            /** @description How many people belong to it. */
            membersCount: number;
            /** @description The name it was given. */
            name: string;
            /** @description Its plan. */
            plan: components["schemas"]["Plan"];
            /**
             * @description Whether its keys are let through: `active`, `suspended` or `deleted`.
             * @enum {string}
             */
            status: "active" | "suspended" | "deleted";
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        OrganizationId: string;
        /** @description The limits of an organization, with what is used of them. Null means unlimited. */
        OrganizationLimits: {
            /** @description Keys that may stand in one session at once. */
            keysPerSession: number | null;
            /** @description The pool of calls by API keys that manage something. */
            management: components["schemas"]["RateLimit"] | null;
            /** @description The pool of verifications, shared by all keys and sessions. */
            requests: components["schemas"]["RateLimit"] | null;
        };
        /** @description The organizations of a user. */
        Organizations: {
            /** @description The oldest membership first. */
            data: components["schemas"]["Membership"][];
        };
        /** @description What an object still has to tell others. */
        Outbox: {
            /** @description For how many seconds an entry has been due that was not sent. */
            overdueSeconds: number;
            /** @description For how many seconds at least the entry that was tried most often has been tried in vain. */
            triedForSeconds: number;
            /** @description How many entries it has, by kind of receiver. Some are due later on purpose: `usage`, `mail`, `domain`, `webhook`. */
            waiting: Record<string, never>;
        };
        /** @description What became of requests, as their backends have told it. */
        Outcomes: {
            /** @description How many of each status of HTTP; those that did not occur are left out. */
            byStatus: {
                [key: string]: number;
            };
            /** @description The share of those that failed; null without any. */
            errorRate: number | null;
            /** @description How many of them were answered with a status of 400 or more. */
            failedRequests: number;
            /** @description How long they took; null without any. */
            latencyMs: components["schemas"]["Latency"] | null;
            /** @description The share of those that did not fail; null without any. */
            successRate: number | null;
            /** @description How many requests. */
            totalRequests: number;
        };
        /** @description How to go on after a page. */
        Pagination: {
            /** @description Whether there is another page. */
            hasMore: boolean;
            /** @description The `cursor` of the next page. */
            nextCursor: string | null;
        };
        /** @description Somebody has forgotten the password. */
        PasswordResetMessage: {
            data: {
                /** Format: idn-email */
                email: string;
                /** Format: date-time */
                expiresAt: string;
                firstName: string;
                token: string;
                /** @description The page of the dashboard; null where there is none. */
                url: string | null;
            };
            /** Format: date-time */
            timestamp: string;
            /** @constant */
            type: "password_reset";
        };
        /** @description `resource:action`; either may be `*`, and `*` alone is everything. */
        Permission: string;
        /** @description Places for keys in a session. */
        Places: {
            /** @description How many the plan has; null means any number. */
            limit: number | null;
            /** @description How many are taken. */
            used: number;
        };
        /** @description A plan with its limits; null means unlimited. */
        Plan: {
            /** @description Keys that may stand in one session at once. */
            keysPerSession: number | null;
            /**
             * @description The preset: `free`, `starter`, `pro` or `enterprise`.
             * @enum {string}
             */
            name: "free" | "starter" | "pro" | "enterprise";
            /** @description Requests that the organization may make in a minute. */
            requestsPerMinute: number | null;
        };
        /** @description The same as Error in the form of RFC 9457, for `Accept: application/problem+json`. */
        Problem: {
            /** @enum {string} */
            code: "invalid_request" | "invalid_json" | "auth_conflicting_credentials" | "auth_malformed_header" | "link_invalid" | "totp_wrong" | "auth_missing_credentials" | "auth_invalid_key" | "auth_key_revoked" | "auth_key_disabled" | "auth_key_expired" | "auth_key_not_yet_valid" | "auth_organization_suspended" | "auth_session_disconnected" | "auth_too_many_failures" | "sign_in_failed" | "second_factor_required" | "forbidden_ip" | "wrong_session" | "wrong_environment" | "insufficient_permissions" | "domain_not_allowed" | "outside_reach" | "exceeds_own_permissions" | "csrf_refused" | "insufficient_role" | "plan_changes_by_operator" | "registration_closed" | "wrong_password" | "invitation_for_another" | "not_found" | "api_key_not_found" | "session_not_found" | "organization_not_found" | "user_not_found" | "member_not_found" | "invitation_not_found" | "alert_not_found" | "alert_rule_not_found" | "sign_in_not_found" | "webhook_endpoint_not_found" | "webhook_delivery_not_found" | "gateway_route_not_found" | "domain_not_found" | "method_not_allowed" | "api_key_revoked" | "api_key_not_active" | "api_key_rotated" | "overlap_open" | "leak_signature_invalid" | "confirmation_needed" | "key_limit_reached" | "default_session" | "session_deleted" | "organization_deleted" | "organization_limit_reached" | "last_owner" | "already_member" | "member_elsewhere" | "invitation_ended" | "own_account" | "organization_suspended" | "too_many_members" | "too_many_invitations" | "too_many_webhook_endpoints" | "webhook_endpoint_disabled" | "gateway_path_taken" | "too_many_gateway_routes" | "domain_exists" | "too_many_domains" | "domain_not_verified" | "setup_done" | "email_taken" | "link_hook_missing" | "totp_enabled" | "totp_not_enabled" | "key_already_issued" | "idempotency_in_flight" | "idempotency_mismatch" | "payload_too_large" | "uri_too_long" | "unsupported_media_type" | "rate_limited" | "usage_exceeded" | "internal_error" | "storage_full" | "verification_unavailable" | "sign_in_busy" | "service_unavailable" | "resolver_unavailable" | "origin_forbidden" | "origin_unreachable" | "origin_timeout" | "gateway_loop" | "not_configured";
            detail: string;
            details: components["schemas"]["ErrorDetails"];
            instance: string;
            status: number;
            title: string;
            type: string;
        };
        /** @description A rate limit: at most so many tokens within any window of time. */
        RateLimit: {
            /** @description How many tokens. */
            limit: number;
            /** @description What it is called. */
            name: string;
            /** @description How many tokens may be spent now; where one thing is read. */
            remaining?: number;
            /** @description In how many milliseconds more than that may be; null while nothing is spent. */
            resetMs?: number | null;
            /** @description Within which time, in milliseconds. */
            windowMs: number;
        };
        /** @description An organization, with what is used of its limits. */
        ReadOrganization: {
            /** @description Whom alerts are mailed to. */
            alertEmails: string[];
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /** @description Its production default session. */
            defaultSessionId: components["schemas"]["SessionId"];
            /**
             * Format: date-time
             * @description When it was deleted.
             */
            deletedAt: string | null;
            /**
             * Format: date-time
             * @description When everything about a deleted organization is forgotten; until then it can be exported.
             */
            erasedAt: string | null;
            /** @description The id of the organization. */
            id: components["schemas"]["OrganizationId"];
            /** @description What may be used, and what is. */
            limits: components["schemas"]["OrganizationLimits"];
            /** @description How many people belong to it. */
            membersCount: number;
            /** @description The name it was given. */
            name: string;
            /** @description Its plan. */
            plan: components["schemas"]["Plan"];
            /**
             * @description Whether its keys are let through: `active`, `suspended` or `deleted`.
             * @enum {string}
             */
            status: "active" | "suspended" | "deleted";
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        /** @description A session, with what is used of its limits. */
        ReadSession: {
            /** @description How long a decision on its keys may be relied on. */
            consistency: components["schemas"]["Consistency"];
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /**
             * @description The environment of its keys; null gives plain `sk_` keys.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /** @description The id of the session. */
            id: components["schemas"]["SessionId"];
            /** @description Whether it is the default session of its environment. */
            isDefault: boolean;
            /**
             * @description What happens to a key that was found where it should not be: `notify`, `disable` or `revoke`.
             * @enum {string}
             */
            leakPolicy: "notify" | "disable" | "revoke";
            /** @description What may be used, and what is. */
            limits: components["schemas"]["SessionLimits"];
            /** @description The name it was given. */
            name: string;
            /** @description The organization it belongs to. */
            organizationId: components["schemas"]["OrganizationId"];
            /** @description How often its keys may be verified, all together. */
            rateLimits: components["schemas"]["RateLimit"][];
            /**
             * @description Where its object was placed, if anybody chose.
             * @enum {string|null}
             */
            region: "wnam" | "enam" | "sam" | "weur" | "eeur" | "apac" | "oc" | "afr" | "me" | null;
            /**
             * @description Whether its keys are let through: `connected`, `disconnected` or `deleted`.
             * @enum {string}
             */
            status: "connected" | "disconnected" | "deleted";
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        /** @description A delivery with what it says. */
        ReadWebhookDelivery: {
            /** @description How often it was tried. */
            attempts: number;
            /**
             * Format: date-time
             * @description When the event was written down.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When the endpoint took it.
             */
            deliveredAt: string | null;
            /**
             * @description What has happened.
             * @enum {string}
             */
            event: "api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.expiring" | "api_key.expired" | "alert.opened" | "alert.resolved" | "session.created" | "session.updated" | "session.deleted" | "member.added" | "member.role_changed" | "member.removed" | "domain.verified" | "domain.lost" | "webhook.test";
            /** @description The id of the event: the header `webhook-id` of every attempt. */
            eventId: string;
            /** @description The id of the delivery. */
            id: components["schemas"]["WebhookDeliveryId"];
            /**
             * Format: date-time
             * @description When it was last tried.
             */
            lastAttemptAt: string | null;
            /**
             * @description What went wrong last: `status`, `redirect`, `gone`, `unreachable`, `timeout`, `forbidden` or `disabled`.
             * @enum {string|null}
             */
            lastError: "status" | "redirect" | "gone" | "unreachable" | "timeout" | "forbidden" | "disabled" | null;
            /** @description What the endpoint answered last; null if it has not. */
            lastStatus: number | null;
            /**
             * Format: date-time
             * @description When it is tried next.
             */
            nextAttemptAt: string | null;
            /** @description The message, as it is sent. */
            payload: Record<string, never>;
            /** @description The number of the event in its organization. */
            seq: number;
            /**
             * @description Whether it is `pending`, `delivered` or `failed`.
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /** @description The endpoint. */
            webhookEndpointId: components["schemas"]["WebhookEndpointId"];
        };
        /** @description What happened within the last five minutes. */
        Recent: {
            /** @description What 95 % of them did not exceed, in milliseconds; null without any. */
            latencyP95Ms: number | null;
            /** @description How many outcomes were told. */
            outcomes: number;
            /** @description The share of them that were refused; null without any. */
            refusalRate: number | null;
            /** @description How many verifications. */
            requests: number;
            /** @description The share of them with a status of 500 or more; null without any. */
            serverErrorRate: number | null;
        };
        /** @description Recovery codes. */
        RecoveryCodes: {
            /** @description Each signs in once in place of a code of the app. Shown this once. */
            recoveryCodes: string[];
        };
        /** @description When and how far credits are filled up, at 00:00 UTC. */
        Refill: {
            /** @description Up to how many credits. */
            amount: number;
            /** @description On which day: of the week, 1 for Monday; of the month, or its last; null for every day. */
            day: number | null;
            /**
             * @description How often: `daily`, `weekly` or `monthly`.
             * @enum {string}
             */
            interval: "daily" | "weekly" | "monthly";
            /**
             * Format: date-time
             * @description When it happens next.
             */
            nextAt: string;
        };
        /** @description A new account. */
        Register: {
            /**
             * @description Whether the access token shall go into the cookie; only for pages of this origin.
             * @default false
             */
            cookie?: boolean | null;
            /**
             * Format: idn-email
             * @description The address to sign in with.
             */
            email: string;
            /** @description The first name, on one line. */
            firstName: string;
            /** @description The token of an invitation: the user joins that organization, and none is founded. */
            invitation?: string | null;
            /** @description The last name, on one line. */
            lastName: string;
            /** @description What to call the organization that is founded along; named after the user if absent. */
            organizationName?: string | null;
            /** @description Neither a common one nor a pattern, nor the address. */
            password: string;
            /** @description The one-time token of a new deployment. */
            setupToken?: string | null;
        };
        /** @description A new account, signed in. */
        Registered: {
            /** @description The access token, shown this once; null if it went into the cookie. */
            accessToken: string | null;
            /** @description Its "Default API Key", with the plaintext shown this once. */
            apiKey: components["schemas"]["IssuedKey"] | null;
            /**
             * Format: date-time
             * @description When the sign-in ends unless it is used before.
             */
            expiresAt: string;
            /** @description The organization that was founded along with the account; null for who came by invitation. */
            organization: components["schemas"]["Organization"] | null;
            /** @description All organizations the user belongs to. */
            organizations: components["schemas"]["Membership"][];
            /** @description The user. */
            user: components["schemas"]["User"];
        };
        /** @description A user of the deployment. */
        RegisteredUser: {
            /**
             * Format: date-time
             * @description When.
             */
            createdAt: string;
            /**
             * Format: idn-email
             * @description The address the user registered with.
             */
            email: string;
            /** @description The id of the user. */
            id: components["schemas"]["UserId"];
        };
        /** @description An outcome that was not counted. */
        RejectedOutcome: {
            /**
             * @description Why: there is no such key; it is too old to be counted; it has not happened yet; or nobody could be asked.
             * @enum {string}
             */
            code: "not_found" | "too_late" | "in_future" | "unavailable";
            /** @description Its place in the list that was sent, from 0. */
            index: number;
            /** @description The same for people. */
            message: string;
        };
        /**
         * @description A key that was found where it should not be.
         * @example {
         *       "key": "KEY",
         *       "url": "https://example.com/paste"
         *     }
         */
        ReportLeak: {
            /** @description The key that was found. */
            key: string;
            /** @description Where it was found. */
            url?: string | null;
        };
        /** @description What has come of one call. */
        Republished: {
            /** @description How many keys will be told of once more, within seconds. */
            keys: number;
            /** @description How to go on. */
            pagination: components["schemas"]["Pagination"];
            /** @description The keys that were revoked by this call because a copy said that they were. */
            revoked: components["schemas"]["ApiKeyId"][];
            /** @description How many sessions are through. */
            sessions: number;
            /** @description The sessions that were behind what others had heard of them: they have been set back to an earlier point in time. */
            setBack: components["schemas"]["SessionId"][];
        };
        /** @description One verification. */
        Request: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description What the client calls itself, shortened. */
            client: string | null;
            /**
             * @description What was decided.
             * @enum {string}
             */
            code: "VALID" | "NOT_FOUND" | "REVOKED" | "DISABLED" | "EXPIRED" | "NOT_YET_VALID" | "ORGANIZATION_SUSPENDED" | "SESSION_DISCONNECTED" | "WRONG_SESSION" | "WRONG_ENVIRONMENT" | "FORBIDDEN" | "INSUFFICIENT_PERMISSIONS" | "DOMAIN_NOT_ALLOWED" | "RATE_LIMITED" | "USAGE_EXCEEDED";
            /** @description The platform's location, by the code of an airport. */
            colo: string | null;
            /** @description What it cost. */
            cost: number;
            /** @description The country, ISO 3166-1 alpha-2. */
            country: string | null;
            /** @description The address that the key was used from, if it was told. */
            ip: string | null;
            /** @description The caller's own words for it. */
            tags: string[];
            /** @description The id that the verification was answered with. */
            verificationId: components["schemas"]["VerificationId"];
        };
        /** @description The last verifications of a key. */
        Requests: {
            /** @description The verifications, the latest first. */
            data: components["schemas"]["Request"][];
        };
        /** @description A one-time link, and a new password. */
        ResetPassword: {
            /** @description The password from now on. */
            newPassword: string;
            /** @description The token of the link. */
            token: string;
        };
        /**
         * @description Why an API key is revoked.
         * @example {
         *       "reason": "Laptop lost"
         *     }
         */
        RevokeApiKey: {
            /** @description Why, on one line; kept with the key. */
            reason?: string | null;
        };
        /**
         * @description Which API keys are revoked.
         * @example {
         *       "dryRun": true,
         *       "ids": [
         *         "KEY_ID"
         *       ]
         *     }
         */
        RevokeApiKeys: {
            /** @description With `filter`: how many keys that must be, as a dry run has counted them. */
            confirm?: number | null;
            /**
             * @description Whether only to show which keys are meant.
             * @default false
             */
            dryRun?: boolean | null;
            /** @description Instead: all keys within reach that meet these conditions. */
            filter?: {
                /**
                 * Format: date-time
                 * @description Only keys that were issued before.
                 */
                createdBefore?: string | null;
                /**
                 * @description Only keys of this environment; `none` for those without one.
                 * @enum {string|null}
                 */
                environment?: "development" | "staging" | "production" | "none" | null;
                /** @description Only keys with exactly this `externalId`. */
                externalId?: string | null;
                /** @description Only keys whose name, id, start or last four characters contain this. */
                search?: string | null;
                /** @description Only keys of this session. */
                sessionId?: components["schemas"]["SessionId"] | null;
                /**
                 * @description Only keys of this status.
                 * @enum {string|null}
                 */
                status?: "active" | "pending" | "disabled" | "expired" | null;
                /** @description Only keys that were neither used nor issued for so many days. */
                unusedForDays?: number | null;
            } | null;
            /** @description The keys. */
            ids?: components["schemas"]["ApiKeyId"][] | null;
            /** @description Why, for the record. */
            reason?: string | null;
        } & ({
            filter?: null;
            ids: unknown[];
        } | {
            filter: Record<string, never>;
            ids?: null;
        });
        /**
         * @description How to replace an API key.
         * @example {
         *       "overlapSeconds": 3600
         *     }
         */
        RotateApiKey: {
            /**
             * Format: date-time
             * @description When the successor stops to verify, in place of the old key's expiry.
             */
            expiresAt?: string | null;
            /** @description How long the old key goes on to verify; 0 ends it at once. */
            overlapSeconds: number;
        };
        /** @description A successor with its plaintext, and the moment from which the key it replaces is what it has become. */
        RotatedKey: {
            /** @description Whether it verifies now. */
            active: boolean;
            /**
             * Format: date-time
             * @description When it was issued.
             */
            createdAt: string;
            /** @description Who issued it. */
            createdBy: components["schemas"]["Actor"];
            /** @description How often it may still be used; null if nobody counts. */
            credits: components["schemas"]["Credits"] | null;
            /** @description The one domain it may act for. */
            domain: string | null;
            /** @description Whether that is a verified domain of the organization; null if the key is bound to none. */
            domainVerified: boolean | null;
            /**
             * Format: date-time
             * @description From when on the change of the key it replaces is in force everywhere.
             */
            effectiveAt: string;
            /**
             * @description The environment of that session.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /**
             * Format: date-time
             * @description When it stops to verify.
             */
            expiresAt: string | null;
            /** @description The owner's own name for whom the key belongs to. */
            externalId: string | null;
            /** @description The id of the key. */
            id: components["schemas"]["ApiKeyId"];
            /** @description The networks it may be used from; empty means anywhere. */
            ipAllowList: string[];
            /** @description The secret key. It is shown this once and cannot be recovered. */
            key: string;
            /** @description The last four characters of the secret key. */
            last4: string;
            /**
             * Format: date-time
             * @description When it last verified; at most a minute old under load.
             */
            lastUsedAt: string | null;
            /** @description Free data of the owner. */
            metadata: Record<string, never>;
            /** @description The name it was given. */
            name: string;
            /**
             * Format: date-time
             * @description When it starts to verify.
             */
            notBefore: string | null;
            /** @description The organization it belongs to. */
            organizationId: components["schemas"]["OrganizationId"];
            /**
             * @description The preset that the permissions amount to.
             * @enum {string|null}
             */
            permission: "full_access" | "sending_access" | null;
            /** @description What it may do. */
            permissions: components["schemas"]["Permission"][];
            /** @description Its own rate limits. */
            rateLimits: components["schemas"]["RateLimit"][];
            /** @description Why it was revoked. */
            revocationReason: string | null;
            /**
             * Format: date-time
             * @description When it was revoked.
             */
            revokedAt: string | null;
            /** @description The key it replaced. */
            rotatedFrom: components["schemas"]["ApiKeyId"] | null;
            /** @description The key that replaced it. */
            rotatedTo: components["schemas"]["ApiKeyId"] | null;
            /** @description The session it is a credential of. */
            sessionId: components["schemas"]["SessionId"];
            /** @description The first 8 random characters of the id, for people. */
            shortId: string;
            /** @description Prefix and first four random characters of the secret key. */
            start: string;
            /**
             * @description Where it stands in its life.
             * @enum {string}
             */
            status: "active" | "pending" | "disabled" | "expired" | "revoked";
            /**
             * Format: date-time
             * @description When the record last changed.
             */
            updatedAt: string;
        };
        /** @description A route with its secret, in the one answer that has it. */
        SecretGatewayRoute: {
            /** @description Whether it is in use. */
            active: boolean;
            /**
             * @description Who may decide.
             * @enum {string}
             */
            consistency: "strict" | "leased" | "edge";
            /** @description What a request costs of limits and credits. */
            cost: number;
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /** @description Who created it. */
            createdBy: components["schemas"]["Actor"];
            /** @description What people call it. */
            description: string | null;
            /**
             * @description The environment that a key must belong to; null for any.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /** @description The id of the route. */
            id: components["schemas"]["GatewayRouteId"];
            /**
             * Format: uri
             * @description Where they lead.
             */
            origin: string;
            /** @description Which paths it is for: this one, and all below it. */
            path: string;
            /** @description The permissions that a key needs, all of them. */
            permissions: components["schemas"]["Permission"][];
            /**
             * Format: date-time
             * @description Until when the secret before the newest signs as well; null if there is only one.
             */
            previousSecretUntil: string | null;
            /** @description The secret by which requests to the origin are signed, `gwsec_` and base64. It is shown this once. */
            secret: string;
            /** @description The session that a key must belong to; null for any. */
            sessionId: components["schemas"]["SessionId"] | null;
            /** @description Whether the origin is asked for what follows `path`, instead of for the whole path. */
            stripPath: boolean;
            /** @description How long (ms) the origin may take until it begins to answer. */
            timeoutMs: number;
            /**
             * Format: date-time
             * @description When its settings last changed.
             */
            updatedAt: string;
        };
        /** @description An endpoint with its secret, in the one answer that has it. */
        SecretWebhookEndpoint: {
            /** @description Whether it is told anything. */
            active: boolean;
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /** @description Who created it. */
            createdBy: components["schemas"]["Actor"];
            /** @description What people call it. */
            description: string | null;
            /**
             * @description Why the service has switched it off: `gone` (it answered 410) or `failing`; null if it has not.
             * @enum {string|null}
             */
            disabledReason: "gone" | "failing" | null;
            /** @description What it is told: names of events, or `*` for all. */
            events: ("api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.expiring" | "api_key.expired" | "alert.opened" | "alert.resolved" | "session.created" | "session.updated" | "session.deleted" | "member.added" | "member.role_changed" | "member.removed" | "domain.verified" | "domain.lost" | "webhook.test" | "*")[];
            /**
             * Format: date-time
             * @description Since when everything fails; null while the last message was taken.
             */
            failingSince: string | null;
            /** @description The id of the endpoint. */
            id: components["schemas"]["WebhookEndpointId"];
            /**
             * Format: date-time
             * @description When it last took a message.
             */
            lastDeliveredAt: string | null;
            /**
             * Format: date-time
             * @description Until when the secret before the newest signs as well; null if there is only one.
             */
            previousSecretUntil: string | null;
            /** @description The secret by which messages are signed, `whsec_` and base64. It is shown this once. */
            secret: string;
            /**
             * Format: date-time
             * @description When its settings last changed.
             */
            updatedAt: string;
            /**
             * Format: uri
             * @description Where it listens.
             */
            url: string;
        };
        /** @description A session. */
        Session: {
            /** @description How long a decision on its keys may be relied on. */
            consistency: components["schemas"]["Consistency"];
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /**
             * @description The environment of its keys; null gives plain `sk_` keys.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /** @description The id of the session. */
            id: components["schemas"]["SessionId"];
            /** @description Whether it is the default session of its environment. */
            isDefault: boolean;
            /**
             * @description What happens to a key that was found where it should not be: `notify`, `disable` or `revoke`.
             * @enum {string}
             */
            leakPolicy: "notify" | "disable" | "revoke";
            /** @description The name it was given. */
            name: string;
            /** @description The organization it belongs to. */
            organizationId: components["schemas"]["OrganizationId"];
            /** @description How often its keys may be verified, all together. */
            rateLimits: components["schemas"]["RateLimit"][];
            /**
             * @description Where its object was placed, if anybody chose.
             * @enum {string|null}
             */
            region: "wnam" | "enam" | "sam" | "weur" | "eeur" | "apac" | "oc" | "afr" | "me" | null;
            /**
             * @description Whether its keys are let through: `connected`, `disconnected` or `deleted`.
             * @enum {string}
             */
            status: "connected" | "disconnected" | "deleted";
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        SessionId: string;
        /** @description The limits of a session, with what is used of them. */
        SessionLimits: {
            /** @description The places that the plan has for keys. */
            keys: components["schemas"]["Places"];
            /** @description The session's own rate limits. */
            rateLimits: components["schemas"]["RateLimit"][];
        };
        /** @description A sign-in. */
        SignedIn: {
            /** @description The access token, shown this once; null if it went into the cookie. */
            accessToken: string | null;
            /**
             * Format: date-time
             * @description When the sign-in ends unless it is used before.
             */
            expiresAt: string;
            /** @description The organizations the user belongs to, the oldest membership first. */
            organizations: components["schemas"]["Membership"][];
            /** @description The user. */
            user: components["schemas"]["User"];
        };
        /** @description A sign-in that stands. */
        SignIn: {
            /** @description What the client called itself. */
            client: string | null;
            /** @description Whether it is a browser's cookie. */
            cookie: boolean;
            /**
             * Format: date-time
             * @description When it began.
             */
            createdAt: string;
            /** @description Whether it is the one of this request. */
            current: boolean;
            /**
             * Format: date-time
             * @description When it ends if it is not used before.
             */
            expiresAt: string;
            /** @description The id of the sign-in. */
            id: components["schemas"]["SignInId"];
            /** @description The address it came from. */
            ip: string | null;
            /**
             * Format: date-time
             * @description When it was last used, within an hour.
             */
            lastUsedAt: string;
        };
        SignInId: string;
        /** @description The sign-ins of a user. */
        SignIns: {
            /** @description Those that stand, newest first. */
            data: components["schemas"]["SignIn"][];
        };
        /** @description A second factor that is being set up. */
        Totp: {
            /** @description The secret, base32, shown this once. */
            secret: string;
            /**
             * Format: uri
             * @description The same for an authenticator app, as an `otpauth` URI.
             */
            uri: string;
        };
        /** @description Who shall own the organization. */
        TransferOrganization: {
            /** @description The member who becomes an owner. */
            userId: components["schemas"]["UserId"];
        };
        /** @description What keys have been used for. */
        Usage: {
            /**
             * Format: date-time
             * @description The beginning, which is the beginning of a step.
             */
            from: string;
            /**
             * @description How long a step is.
             * @enum {string}
             */
            granularity: "minute" | "hour" | "day";
            /** @description The last time that a key was let through. */
            lastUsed: components["schemas"]["LastUsed"] | null;
            /** @description The steps, the earliest first, without a gap. */
            series: components["schemas"]["UsageStep"][];
            /**
             * Format: date-time
             * @description The end, which is not included.
             */
            to: string;
            /** @description All steps together. */
            totals: components["schemas"]["UsageTotals"];
        };
        /** @description Counts of one step. */
        UsageStep: {
            /**
             * Format: date-time
             * @description When it begins.
             */
            at: string;
            /** @description How many of each outcome; those that did not occur are left out. */
            byCode: {
                DISABLED?: number;
                DOMAIN_NOT_ALLOWED?: number;
                EXPIRED?: number;
                FORBIDDEN?: number;
                INSUFFICIENT_PERMISSIONS?: number;
                NOT_FOUND?: number;
                NOT_YET_VALID?: number;
                ORGANIZATION_SUSPENDED?: number;
                RATE_LIMITED?: number;
                REVOKED?: number;
                SESSION_DISCONNECTED?: number;
                USAGE_EXCEEDED?: number;
                VALID?: number;
                WRONG_ENVIRONMENT?: number;
                WRONG_SESSION?: number;
            };
            /** @description What became of requests; null where nothing was told. */
            outcomes: components["schemas"]["Outcomes"] | null;
            /** @description How many verifications. */
            requests: number;
            /** @description How many were `VALID`. */
            valid: number;
        };
        /** @description Counts of a whole time. */
        UsageTotals: {
            /** @description How many of each outcome; those that did not occur are left out. */
            byCode: {
                DISABLED?: number;
                DOMAIN_NOT_ALLOWED?: number;
                EXPIRED?: number;
                FORBIDDEN?: number;
                INSUFFICIENT_PERMISSIONS?: number;
                NOT_FOUND?: number;
                NOT_YET_VALID?: number;
                ORGANIZATION_SUSPENDED?: number;
                RATE_LIMITED?: number;
                REVOKED?: number;
                SESSION_DISCONNECTED?: number;
                USAGE_EXCEEDED?: number;
                VALID?: number;
                WRONG_ENVIRONMENT?: number;
                WRONG_SESSION?: number;
            };
            /** @description `refused` divided by `requests`; null without any. */
            errorRate: number | null;
            /** @description What became of requests, as far as backends have told it. */
            outcomes: components["schemas"]["Outcomes"];
            /** @description How many were not. */
            refused: number;
            /** @description How many verifications. */
            requests: number;
            /** @description `requests` divided by the days from `from` to `to`, or to now if that is earlier. */
            requestsPerDay: number;
            /** @description `valid` divided by `requests`; null without any. */
            successRate: number | null;
            /** @description How many were `VALID`. */
            valid: number;
        };
        /** @description A user. */
        User: {
            /**
             * Format: date-time
             * @description When the account was created.
             */
            createdAt: string;
            /**
             * Format: idn-email
             * @description The address the user signs in with.
             */
            email: string;
            /** @description The first name. */
            firstName: string;
            /** @description The id of the user. */
            id: components["schemas"]["UserId"];
            /** @description The last name. */
            lastName: string;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        UserId: string;
        /** @description A decision on a key. */
        Verification: {
            /**
             * @description Why, or why not.
             * @enum {string}
             */
            code: "VALID" | "NOT_FOUND" | "REVOKED" | "DISABLED" | "EXPIRED" | "NOT_YET_VALID" | "ORGANIZATION_SUSPENDED" | "SESSION_DISCONNECTED" | "WRONG_SESSION" | "WRONG_ENVIRONMENT" | "FORBIDDEN" | "INSUFFICIENT_PERMISSIONS" | "DOMAIN_NOT_ALLOWED" | "RATE_LIMITED" | "USAGE_EXCEEDED";
            /** @description The credits that are left; null if nobody counts. */
            credits: components["schemas"]["LeftCredits"] | null;
            /** @description The one domain it may act for. */
            domain: string | null;
            /**
             * @description The environment of that session.
             * @enum {string|null}
             */
            environment: "development" | "staging" | "production" | null;
            /**
             * Format: date-time
             * @description When it stops to verify.
             */
            expiresAt: string | null;
            /** @description The owner's own name for whom the key belongs to. */
            externalId: string | null;
            /** @description How fresh the decision is. */
            freshness: components["schemas"]["Freshness"];
            /** @description The id of the key; null if it is not known. */
            keyId: components["schemas"]["ApiKeyId"] | null;
            /** @description The limit that has refused; null unless the code is `RATE_LIMITED`. */
            limitedBy: components["schemas"]["LimitedBy"] | null;
            /** @description Free data of the owner. */
            metadata: Record<string, never> | null;
            /** @description Its name. */
            name: string | null;
            /** @description The organization it belongs to. */
            organizationId: components["schemas"]["OrganizationId"] | null;
            /** @description What it may do. */
            permissions: components["schemas"]["Permission"][] | null;
            /** @description The limits that were looked at, with what is left of them. */
            rateLimits: components["schemas"]["MetLimit"][];
            /** @description The session it is a credential of. */
            sessionId: components["schemas"]["SessionId"] | null;
            /** @description The checks in their order, if they were asked for. */
            trace?: components["schemas"]["Check"][];
            /** @description Whether the key is good, for what was asked, now. */
            valid: boolean;
            /** @description Names this decision. */
            verificationId: components["schemas"]["VerificationId"];
        };
        VerificationId: string;
        /**
         * @description A key, and what it is wanted for.
         * @example {
         *       "key": "KEY",
         *       "permissions": "emails:send"
         *     }
         */
        VerifyKey: {
            /**
             * @description Who may decide this time; it can only be narrower than the session allows.
             * @enum {string|null}
             */
            consistency?: "strict" | "leased" | "edge" | null;
            /**
             * @description What the request costs of limits and credits; 0 spends nothing, and passes all of them.
             * @default 1
             */
            cost?: number | null;
            /** @description The domain that the key is to act for. */
            domain?: string | null;
            /** @description Whether to leave no trace: nothing is spent, `lastUsedAt` stays. */
            dryRun?: boolean | null;
            /**
             * @description The environment the key must belong to; null asks for a session without one.
             * @enum {string|null}
             */
            environment?: "development" | "staging" | "production" | null;
            /** @description Whether to answer with the checks that were made; that leaves no trace either. */
            explain?: boolean | null;
            /** @description The address the key was used from; needed for keys with an `ipAllowList`. */
            ip?: (string) | null;
            /** @description The key to verify. */
            key: string;
            /** @description One permission or a list; the key must have all of them. */
            permissions?: (components["schemas"]["Permission"] | components["schemas"]["Permission"][]) | null;
            /** @description The session the key must belong to. */
            sessionId?: components["schemas"]["SessionId"] | null;
            /** @description Labels for the usage statistics. */
            tags?: string[] | null;
        };
        /** @description The delivery of one event to one endpoint. */
        WebhookDelivery: {
            /** @description How often it was tried. */
            attempts: number;
            /**
             * Format: date-time
             * @description When the event was written down.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When the endpoint took it.
             */
            deliveredAt: string | null;
            /**
             * @description What has happened.
             * @enum {string}
             */
            event: "api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.expiring" | "api_key.expired" | "alert.opened" | "alert.resolved" | "session.created" | "session.updated" | "session.deleted" | "member.added" | "member.role_changed" | "member.removed" | "domain.verified" | "domain.lost" | "webhook.test";
            /** @description The id of the event: the header `webhook-id` of every attempt. */
            eventId: string;
            /** @description The id of the delivery. */
            id: components["schemas"]["WebhookDeliveryId"];
            /**
             * Format: date-time
             * @description When it was last tried.
             */
            lastAttemptAt: string | null;
            /**
             * @description What went wrong last: `status`, `redirect`, `gone`, `unreachable`, `timeout`, `forbidden` or `disabled`.
             * @enum {string|null}
             */
            lastError: "status" | "redirect" | "gone" | "unreachable" | "timeout" | "forbidden" | "disabled" | null;
            /** @description What the endpoint answered last; null if it has not. */
            lastStatus: number | null;
            /**
             * Format: date-time
             * @description When it is tried next.
             */
            nextAttemptAt: string | null;
            /** @description The number of the event in its organization. */
            seq: number;
            /**
             * @description Whether it is `pending`, `delivered` or `failed`.
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            /** @description The endpoint. */
            webhookEndpointId: components["schemas"]["WebhookEndpointId"];
        };
        WebhookDeliveryId: string;
        /** @description An endpoint for webhooks. */
        WebhookEndpoint: {
            /** @description Whether it is told anything. */
            active: boolean;
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /** @description Who created it. */
            createdBy: components["schemas"]["Actor"];
            /** @description What people call it. */
            description: string | null;
            /**
             * @description Why the service has switched it off: `gone` (it answered 410) or `failing`; null if it has not.
             * @enum {string|null}
             */
            disabledReason: "gone" | "failing" | null;
            /** @description What it is told: names of events, or `*` for all. */
            events: ("api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.expiring" | "api_key.expired" | "alert.opened" | "alert.resolved" | "session.created" | "session.updated" | "session.deleted" | "member.added" | "member.role_changed" | "member.removed" | "domain.verified" | "domain.lost" | "webhook.test" | "*")[];
            /**
             * Format: date-time
             * @description Since when everything fails; null while the last message was taken.
             */
            failingSince: string | null;
            /** @description The id of the endpoint. */
            id: components["schemas"]["WebhookEndpointId"];
            /**
             * Format: date-time
             * @description When it last took a message.
             */
            lastDeliveredAt: string | null;
            /**
             * Format: date-time
             * @description Until when the secret before the newest signs as well; null if there is only one.
             */
            previousSecretUntil: string | null;
            /**
             * Format: date-time
             * @description When its settings last changed.
             */
            updatedAt: string;
            /**
             * Format: uri
             * @description Where it listens.
             */
            url: string;
        };
        WebhookEndpointId: string;
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description The methods that the path has. */
        Allow: string;
        /** @description The name of the file to keep it in. */
        "Content-Disposition": string;
        /** @description The environment of its session, likewise; empty if it has none. */
        "latchkey-environment": string;
        /** @description Its `externalId`, percent-encoded as UTF-8, likewise; empty if it has none. */
        "latchkey-external-id": string;
        /** @description The id of the key, if `identity=headers` was asked for. */
        "latchkey-key-id": string;
        /** @description The organization that it belongs to, likewise. */
        "latchkey-organization-id": string;
        /** @description The session that it is a credential of, likewise. */
        "latchkey-session-id": string;
        /** @description The next page (`rel="next"`), when a bare array does not hold all rows. */
        Link: string;
        /** @description The path of what was created. */
        Location: string;
        /** @description `respond-async`, if the answer came before the end because of it (RFC 7240). */
        "Preference-Applied": string;
        /** @description The limit to look out for (draft-ietf-httpapi-ratelimit-headers-10): `r` is left, and in `t` seconds there is more; if there are any limits. */
        RateLimit: string;
        /** @description The same limit: `q` within `w` seconds. */
        "RateLimit-Policy": string;
        /** @description After how many seconds another try makes sense; absent if a limit never lets the request pass. */
        "Retry-After": number;
        /** @description Who has decided, and what was waited for (ms): `kv` and `do` (objects), each only if it was. */
        "Server-Timing": string;
        /** @description The access token for browsers, if `cookie` was asked for; or the end of it. */
        "Set-Cookie": string;
        /** @description The challenge of RFC 6750, with the permission that was missing. */
        "WWW-Authenticate": string;
        /** @description Names the request; the same as `details.requestId` of an error. */
        "x-request-id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readAccountAuditLog: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audit"];
                };
            };
        };
    };
    exportAccountAuditLog: {
        parameters: {
            query?: {
                /** @description Only entries after the one with this number: goes on where an earlier copy has ended. */
                after?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["AuditExport"];
                };
            };
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcceptInvitation"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Membership"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Membership"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangePassword"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    forgetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ForgetPassword"];
            };
        };
        responses: {
            /** @description Taken; the answer is the same whatever comes of it. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Forgotten"];
                };
            };
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResetPassword"];
            };
        };
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Register"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Registered"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Registered"];
                };
            };
        };
    };
    listSignIns: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignIns"];
                };
            };
        };
    };
    endSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the sign-in. */
                id: components["schemas"]["SignInId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    beginTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmPassword"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Totp"];
                };
            };
        };
    };
    removeTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmPassword"];
            };
        };
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    confirmTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmTotp"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
        };
    };
    renewRecoveryCodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmPassword"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
        };
    };
    readAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    changeAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeAccount"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    checkHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Healthz"];
                };
            };
        };
    };
    readGitleaksRule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/toml": string;
                };
            };
        };
    };
    describeApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    readMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                };
            };
        };
    };
    listOrganizations: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["Organization"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateOrganization"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Founded"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Founded"];
                };
            };
        };
    };
    readAnyOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization. */
                id: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
        };
    };
    deleteOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the organization. */
                id: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
        };
    };
    changeOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the organization. */
                id: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeOrganization"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
        };
    };
    inviteAsOperator: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization. */
                id: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateInvitation"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invited"];
                };
            };
        };
    };
    readOrganizationMetrics: {
        parameters: {
            query?: {
                /** @description Of this session instead of its organization. */
                sessionId?: components["schemas"]["SessionId"];
            };
            header?: never;
            path: {
                /** @description The id of the organization. */
                id: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                };
            };
        };
    };
    republishOrganization: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The id of the organization. */
                id: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Republished"];
                };
            };
        };
    };
    resumeOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the organization. */
                id: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
        };
    };
    suspendOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the organization. */
                id: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description Only the user who registered with this address, in any case of letters. */
                email?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["RegisteredUser"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    resetUserPassword: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the user. */
                userId: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Link"];
                };
            };
        };
    };
    removeUserTotp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the user. */
                userId: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listOwnOrganizations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organizations"];
                };
            };
        };
    };
    createOwnOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateOwnOrganization"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Founded"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Founded"];
                };
            };
        };
    };
    readOrganizationAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadOrganization"];
                };
            };
        };
    };
    deleteOwnOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
        };
    };
    changeOwnOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeOwnOrganization"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedOrganization"];
                };
            };
        };
    };
    listAlertRulesAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["AlertRule"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    resetAlertRuleAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The kind of alerts. */
                kind: components["schemas"]["AlertKind"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
        };
    };
    changeAlertRuleAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The kind of alerts. */
                kind: components["schemas"]["AlertKind"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeAlertRule"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
        };
    };
    listAlertsAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description Only alerts of this kind. */
                kind?: components["schemas"]["AlertKind"];
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only alerts about this session and its keys. */
                sessionId?: components["schemas"]["SessionId"];
                /** @description Only alerts of this severity. */
                severity?: "info" | "warning" | "critical";
                /** @description Only alerts that are open, or over. */
                status?: "open" | "resolved";
                /** @description Only alerts about the thing with this id. */
                subject?: string;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alerts"];
                };
            };
        };
    };
    readAlertAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert. */
                id: components["schemas"]["AlertId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
        };
    };
    acknowledgeAlertAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert. */
                id: components["schemas"]["AlertId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
        };
    };
    listApiKeysAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description Only keys of this environment; `none` for those of sessions without one. */
                environment?: "development" | "staging" | "production" | "none";
                /** @description Only keys with exactly this `externalId`. */
                externalId?: string;
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only keys whose name, id, start or last four characters contain this text. */
                search?: string;
                /** @description Only keys of this session. */
                sessionId?: components["schemas"]["SessionId"];
                /** @description Only keys of this status; `all`, the default, hides none. */
                status?: "active" | "pending" | "disabled" | "expired" | "revoked" | "all";
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"][] | {
                        /** @description The rows. */
                        data: components["schemas"]["ApiKey"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createApiKeyAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description A retry with the same value and body answers the same key instead of issuing another. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKey"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
        };
    };
    readApiKeyAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
        };
    };
    revokeApiKeyAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RevokeApiKey"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedKey"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedKey"];
                };
            };
        };
    };
    changeApiKeyAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeApiKey"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedKey"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedKey"];
                };
            };
        };
    };
    readApiKeyEvidenceAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evidence"];
                };
            };
        };
    };
    listApiKeyRequestsAsMember: {
        parameters: {
            query?: {
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Requests"];
                };
            };
        };
    };
    rotateApiKeyAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description A retry with the same value and body answers the same key instead of issuing another. */
                "Idempotency-Key"?: string;
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateApiKey"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedKey"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedKey"];
                };
            };
        };
    };
    readApiKeyUsageAsMember: {
        parameters: {
            query?: {
                /** @description From when on. The default is a day before `to`; it is widened to the beginning of a step. */
                from?: string;
                /** @description How long a step is. The default is `minute` up to 3 hours, `hour` up to 7 days, and `day` beyond that. `minute` is not known of whole organizations. */
                granularity?: "minute" | "hour" | "day";
                /** @description Until when. The default is now; it is widened to the end of a step. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    revokeApiKeysAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevokeApiKeys"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkRevocation"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkRevocation"];
                };
            };
        };
    };
    listUnusedApiKeysAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description For how many days. */
                days?: number;
                /** @description Only keys of this environment; `none` for those of sessions without one. */
                environment?: "development" | "staging" | "production" | "none";
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only keys of this session. */
                sessionId?: components["schemas"]["SessionId"];
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["ApiKey"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    readAuditLogAsMember: {
        parameters: {
            query?: {
                /** @description Only entries of this action. */
                action?: "api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.leaked" | "access.denied" | "session.created" | "session.updated" | "session.deleted" | "session.policy_changed" | "organization.created" | "organization.updated" | "organization.suspended" | "organization.resumed" | "organization.deleted" | "organization.exported" | "member.added" | "member.role_changed" | "member.removed" | "organization.transferred" | "invitation.created" | "invitation.revoked" | "alert.acknowledged" | "alert_rule.updated" | "alert_rule.reset" | "user.created" | "user.signed_in" | "user.sign_in_failed" | "user.signed_out" | "user.updated" | "user.password_changed" | "user.password_reset_requested" | "user.password_reset" | "user.totp_enabled" | "user.totp_disabled" | "user.recovery_codes_renewed" | "webhook_endpoint.created" | "webhook_endpoint.updated" | "webhook_endpoint.secret_rotated" | "webhook_endpoint.tested" | "webhook_endpoint.replayed" | "webhook_endpoint.deleted" | "domain.created" | "domain.updated" | "domain.checked" | "domain.verified" | "domain.lost" | "domain.deleted" | "gateway_route.created" | "gateway_route.updated" | "gateway_route.secret_rotated" | "gateway_route.deleted";
                /** @description Only entries by the API key or user with this id. */
                actor?: string;
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only entries about the thing with this id. */
                target?: string;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audit"];
                };
            };
        };
    };
    exportAuditLogAsMember: {
        parameters: {
            query?: {
                /** @description Only entries after the one with this number: goes on where an earlier copy has ended. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["AuditExport"];
                };
            };
        };
    };
    listDomainsAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["Domain"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createDomainAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateDomain"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Domain"];
                };
            };
        };
    };
    readDomainAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the domain. */
                id: components["schemas"]["DomainId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Domain"];
                };
            };
        };
    };
    deleteDomainAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the domain. */
                id: components["schemas"]["DomainId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
        };
    };
    changeDomainAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the domain. */
                id: components["schemas"]["DomainId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeDomain"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
        };
    };
    verifyDomainAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the domain. */
                id: components["schemas"]["DomainId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
        };
    };
    exportOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
        };
    };
    listGatewayRoutesAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["GatewayRoute"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createGatewayRouteAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateGatewayRoute"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretGatewayRoute"];
                };
            };
        };
    };
    readGatewayRouteAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the route of the gateway. */
                id: components["schemas"]["GatewayRouteId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayRoute"];
                };
            };
        };
    };
    deleteGatewayRouteAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the route of the gateway. */
                id: components["schemas"]["GatewayRouteId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeGatewayRouteAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the route of the gateway. */
                id: components["schemas"]["GatewayRouteId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeGatewayRoute"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayRoute"];
                };
            };
        };
    };
    rotateGatewayRouteSecretAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the route of the gateway. */
                id: components["schemas"]["GatewayRouteId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretGatewayRoute"];
                };
            };
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["Invitation"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateInvitation"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invited"];
                };
            };
        };
    };
    revokeInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the invitation. */
                id: components["schemas"]["InvitationId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    verifyKeyAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VerifyKey"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Server-Timing": components["headers"]["Server-Timing"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verification"];
                };
            };
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["Member"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    readMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
                /** @description The id of the member. */
                userId: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
                /** @description The id of the member. */
                userId: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
                /** @description The id of the member. */
                userId: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeMember"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
        };
    };
    resetMemberPassword: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
                /** @description The id of the member. */
                userId: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Link"];
                };
            };
        };
    };
    countOutcomesAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within an hour, a retry with the same value counts no outcome again, also none without an id. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CountOutcomes"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountedOutcomes"];
                };
            };
        };
    };
    listSessionsAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["Session"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createSessionAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateSession"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    readSessionAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadSession"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadSession"];
                };
            };
        };
    };
    deleteSessionAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedSession"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedSession"];
                };
            };
        };
    };
    changeSessionAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeSession"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedSession"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedSession"];
                };
            };
        };
    };
    listSessionApiKeysAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description Only keys of this environment; `none` for those of sessions without one. */
                environment?: "development" | "staging" | "production" | "none";
                /** @description Only keys with exactly this `externalId`. */
                externalId?: string;
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only keys whose name, id, start or last four characters contain this text. */
                search?: string;
                /** @description Only keys of this status; `all`, the default, hides none. */
                status?: "active" | "pending" | "disabled" | "expired" | "revoked" | "all";
            };
            header?: never;
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"][] | {
                        /** @description The rows. */
                        data: components["schemas"]["ApiKey"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createSessionApiKeyAsMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description A retry with the same value and body answers the same key instead of issuing another. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CreateSessionApiKey"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
        };
    };
    readSessionHealthAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    readSessionUsageAsMember: {
        parameters: {
            query?: {
                /** @description From when on. The default is a day before `to`; it is widened to the beginning of a step. */
                from?: string;
                /** @description How long a step is. The default is `minute` up to 3 hours, `hour` up to 7 days, and `day` beyond that. `minute` is not known of whole organizations. */
                granularity?: "minute" | "hour" | "day";
                /** @description Until when. The default is now; it is widened to the end of a step. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    transferOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferOrganization"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
        };
    };
    readUsageAsMember: {
        parameters: {
            query?: {
                /** @description Only keys of this environment; `none` for those of sessions without one. */
                environment?: "development" | "staging" | "production" | "none";
                /** @description From when on. The default is a day before `to`; it is widened to the beginning of a step. */
                from?: string;
                /** @description How long a step is. The default is `minute` up to 3 hours, `hour` up to 7 days, and `day` beyond that. `minute` is not known of whole organizations. */
                granularity?: "minute" | "hour" | "day";
                /** @description Until when. The default is now; it is widened to the end of a step. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    listWebhookEndpointsAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["WebhookEndpoint"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createWebhookEndpointAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateWebhookEndpoint"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretWebhookEndpoint"];
                };
            };
        };
    };
    readWebhookEndpointAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    deleteWebhookEndpointAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeWebhookEndpointAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeWebhookEndpoint"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    listWebhookDeliveriesAsMember: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only those that stand so. */
                status?: "pending" | "delivered" | "failed";
            };
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["WebhookDelivery"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    readWebhookDeliveryAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the delivery. */
                deliveryId: components["schemas"]["WebhookDeliveryId"];
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadWebhookDelivery"];
                };
            };
        };
    };
    replayWebhookDeliveryAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the delivery. */
                deliveryId: components["schemas"]["WebhookDeliveryId"];
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken; the answer is the same whatever comes of it. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
        };
    };
    rotateWebhookSecretAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretWebhookEndpoint"];
                };
            };
        };
    };
    testWebhookEndpointAsMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
                /** @description The id of the organization; the caller must be a member. */
                organizationId: components["schemas"]["OrganizationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken; the answer is the same whatever comes of it. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
        };
    };
    listAlertRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["AlertRule"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    resetAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The kind of alerts. */
                kind: components["schemas"]["AlertKind"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
        };
    };
    changeAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The kind of alerts. */
                kind: components["schemas"]["AlertKind"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeAlertRule"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
        };
    };
    listAlerts: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description Only alerts of this kind. */
                kind?: components["schemas"]["AlertKind"];
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only alerts about this session and its keys. */
                sessionId?: components["schemas"]["SessionId"];
                /** @description Only alerts of this severity. */
                severity?: "info" | "warning" | "critical";
                /** @description Only alerts that are open, or over. */
                status?: "open" | "resolved";
                /** @description Only alerts about the thing with this id. */
                subject?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alerts"];
                };
            };
        };
    };
    readAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert. */
                id: components["schemas"]["AlertId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
        };
    };
    acknowledgeAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert. */
                id: components["schemas"]["AlertId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description Only keys of this environment; `none` for those of sessions without one. */
                environment?: "development" | "staging" | "production" | "none";
                /** @description Only keys with exactly this `externalId`. */
                externalId?: string;
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only keys whose name, id, start or last four characters contain this text. */
                search?: string;
                /** @description Only keys of this session. */
                sessionId?: components["schemas"]["SessionId"];
                /** @description Only keys of this status; `all`, the default, hides none. */
                status?: "active" | "pending" | "disabled" | "expired" | "revoked" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"][] | {
                        /** @description The rows. */
                        data: components["schemas"]["ApiKey"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description A retry with the same value and body answers the same key instead of issuing another. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKey"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
        };
    };
    readApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RevokeApiKey"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedKey"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedKey"];
                };
            };
        };
    };
    changeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeApiKey"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedKey"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedKey"];
                };
            };
        };
    };
    readApiKeyEvidence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evidence"];
                };
            };
        };
    };
    listApiKeyRequests: {
        parameters: {
            query?: {
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Requests"];
                };
            };
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description A retry with the same value and body answers the same key instead of issuing another. */
                "Idempotency-Key"?: string;
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateApiKey"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedKey"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedKey"];
                };
            };
        };
    };
    readApiKeyUsage: {
        parameters: {
            query?: {
                /** @description From when on. The default is a day before `to`; it is widened to the beginning of a step. */
                from?: string;
                /** @description How long a step is. The default is `minute` up to 3 hours, `hour` up to 7 days, and `day` beyond that. `minute` is not known of whole organizations. */
                granularity?: "minute" | "hour" | "day";
                /** @description Until when. The default is now; it is widened to the end of a step. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description The id of the API key. */
                id: components["schemas"]["ApiKeyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    revokeApiKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevokeApiKeys"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkRevocation"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkRevocation"];
                };
            };
        };
    };
    listUnusedApiKeys: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description For how many days. */
                days?: number;
                /** @description Only keys of this environment; `none` for those of sessions without one. */
                environment?: "development" | "staging" | "production" | "none";
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only keys of this session. */
                sessionId?: components["schemas"]["SessionId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["ApiKey"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    readAuditLog: {
        parameters: {
            query?: {
                /** @description Only entries of this action. */
                action?: "api_key.created" | "api_key.updated" | "api_key.rotated" | "api_key.disabled" | "api_key.enabled" | "api_key.revoked" | "api_key.leaked" | "access.denied" | "session.created" | "session.updated" | "session.deleted" | "session.policy_changed" | "organization.created" | "organization.updated" | "organization.suspended" | "organization.resumed" | "organization.deleted" | "organization.exported" | "member.added" | "member.role_changed" | "member.removed" | "organization.transferred" | "invitation.created" | "invitation.revoked" | "alert.acknowledged" | "alert_rule.updated" | "alert_rule.reset" | "user.created" | "user.signed_in" | "user.sign_in_failed" | "user.signed_out" | "user.updated" | "user.password_changed" | "user.password_reset_requested" | "user.password_reset" | "user.totp_enabled" | "user.totp_disabled" | "user.recovery_codes_renewed" | "webhook_endpoint.created" | "webhook_endpoint.updated" | "webhook_endpoint.secret_rotated" | "webhook_endpoint.tested" | "webhook_endpoint.replayed" | "webhook_endpoint.deleted" | "domain.created" | "domain.updated" | "domain.checked" | "domain.verified" | "domain.lost" | "domain.deleted" | "gateway_route.created" | "gateway_route.updated" | "gateway_route.secret_rotated" | "gateway_route.deleted";
                /** @description Only entries by the API key or user with this id. */
                actor?: string;
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only entries about the thing with this id. */
                target?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audit"];
                };
            };
        };
    };
    exportAuditLog: {
        parameters: {
            query?: {
                /** @description Only entries after the one with this number: goes on where an earlier copy has ended. */
                after?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["AuditExport"];
                };
            };
        };
    };
    listDomains: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["Domain"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createDomain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateDomain"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Domain"];
                };
            };
        };
    };
    readDomain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the domain. */
                id: components["schemas"]["DomainId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Domain"];
                };
            };
        };
    };
    deleteDomain: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the domain. */
                id: components["schemas"]["DomainId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
        };
    };
    changeDomain: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the domain. */
                id: components["schemas"]["DomainId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeDomain"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
        };
    };
    verifyDomain: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the domain. */
                id: components["schemas"]["DomainId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDomain"];
                };
            };
        };
    };
    listGatewayRoutes: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["GatewayRoute"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createGatewayRoute: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateGatewayRoute"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretGatewayRoute"];
                };
            };
        };
    };
    readGatewayRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the route of the gateway. */
                id: components["schemas"]["GatewayRouteId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayRoute"];
                };
            };
        };
    };
    deleteGatewayRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the route of the gateway. */
                id: components["schemas"]["GatewayRouteId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeGatewayRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the route of the gateway. */
                id: components["schemas"]["GatewayRouteId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeGatewayRoute"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayRoute"];
                };
            };
        };
    };
    rotateGatewayRouteSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the route of the gateway. */
                id: components["schemas"]["GatewayRouteId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretGatewayRoute"];
                };
            };
        };
    };
    reportLeak: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportLeak"];
            };
        };
        responses: {
            /** @description Taken; the answer is the same whatever comes of it. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LeakReported"];
                };
            };
        };
    };
    verifyKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VerifyKey"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Server-Timing": components["headers"]["Server-Timing"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verification"];
                };
            };
        };
    };
    reportLeaksAsGithub: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["GithubLeaks"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        label: "true_positive" | "false_positive";
                        /** @description SHA-256 of the token, base64. */
                        token_hash: string;
                        /** @description Its type, as it was named. */
                        token_type: string;
                    }[];
                };
            };
        };
    };
    readOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadOrganization"];
                };
            };
        };
    };
    countOutcomes: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within an hour, a retry with the same value counts no outcome again, also none without an id. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CountOutcomes"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountedOutcomes"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["Session"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateSession"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    readSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadSession"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadSession"];
                };
            };
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedSession"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedSession"];
                };
            };
        };
    };
    changeSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then. */
                Prefer?: string;
            };
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeSession"];
            };
        };
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedSession"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedSession"];
                };
            };
        };
    };
    listSessionApiKeys: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description Only keys of this environment; `none` for those of sessions without one. */
                environment?: "development" | "staging" | "production" | "none";
                /** @description Only keys with exactly this `externalId`. */
                externalId?: string;
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only keys whose name, id, start or last four characters contain this text. */
                search?: string;
                /** @description Only keys of this status; `all`, the default, hides none. */
                status?: "active" | "pending" | "disabled" | "expired" | "revoked" | "all";
            };
            header?: never;
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    Link: components["headers"]["Link"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"][] | {
                        /** @description The rows. */
                        data: components["schemas"]["ApiKey"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createSessionApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description A retry with the same value and body answers the same key instead of issuing another. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CreateSessionApiKey"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
            /** @description Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedKey"];
                };
            };
        };
    };
    readSessionHealth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, and in force. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when. */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    readSessionUsage: {
        parameters: {
            query?: {
                /** @description From when on. The default is a day before `to`; it is widened to the beginning of a step. */
                from?: string;
                /** @description How long a step is. The default is `minute` up to 3 hours, `hour` up to 7 days, and `day` beyond that. `minute` is not known of whole organizations. */
                granularity?: "minute" | "hour" | "day";
                /** @description Until when. The default is now; it is widened to the end of a step. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description The id of the session. */
                id: components["schemas"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    readUsage: {
        parameters: {
            query?: {
                /** @description Only keys of this environment; `none` for those of sessions without one. */
                environment?: "development" | "staging" | "production" | "none";
                /** @description From when on. The default is a day before `to`; it is widened to the beginning of a step. */
                from?: string;
                /** @description How long a step is. The default is `minute` up to 3 hours, `hour` up to 7 days, and `day` beyond that. `minute` is not known of whole organizations. */
                granularity?: "minute" | "hour" | "day";
                /** @description Until when. The default is now; it is widened to the end of a step. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    listWebhookEndpoints: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["WebhookEndpoint"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    createWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateWebhookEndpoint"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretWebhookEndpoint"];
                };
            };
        };
    };
    readWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    deleteWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changeWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeWebhookEndpoint"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description Goes on after the page that gave this `nextCursor`. */
                cursor?: string;
                /** @description The most rows to answer with. */
                limit?: number;
                /** @description Only those that stand so. */
                status?: "pending" | "delivered" | "failed";
            };
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The rows. */
                        data: components["schemas"]["WebhookDelivery"][];
                        /** @description How to go on. */
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
        };
    };
    readWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the delivery. */
                deliveryId: components["schemas"]["WebhookDeliveryId"];
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadWebhookDelivery"];
                };
            };
        };
    };
    replayWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the delivery. */
                deliveryId: components["schemas"]["WebhookDeliveryId"];
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken; the answer is the same whatever comes of it. */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretWebhookEndpoint"];
                };
            };
        };
    };
    testWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the webhook endpoint. */
                id: components["schemas"]["WebhookEndpointId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken; the answer is the same whatever comes of it. */
            202: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
        };
    };
    whoami: {
        parameters: {
            query?: {
                /** @description Who may decide this time; it can only be narrower than the session allows. */
                consistency?: "strict" | "leased" | "edge";
                /** @description What the request costs of limits and credits. */
                cost?: number;
                /** @description The domain that the key is to act for. */
                domain?: string;
                /** @description Whether the answer says whose key it is in header fields, too, for proxies to hand on. */
                identity?: "headers";
                /** @description The status for limits: 403 for proxies that cannot pass on a 429. */
                on_limit?: "429" | "403";
                /** @description A permission that the key must have. */
                permission?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "latchkey-environment": components["headers"]["latchkey-environment"];
                    "latchkey-external-id": components["headers"]["latchkey-external-id"];
                    "latchkey-key-id": components["headers"]["latchkey-key-id"];
                    "latchkey-organization-id": components["headers"]["latchkey-organization-id"];
                    "latchkey-session-id": components["headers"]["latchkey-session-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Server-Timing": components["headers"]["Server-Timing"];
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verification"];
                };
            };
        };
    };
}
